"""Wheel and sdist: the same bytes each time they are built, and nothing in them but what belongs.

Strategy: a release builds the wheel from the sdist. So the sdist is unpacked in another folder, its
files are given other times and modes, and both are built again from there, with another umask, in
another time zone: every byte must be as before.
"""

import os
import sys
import tarfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

from .building import ROOT, build, contents, run, unpack


def test_a_wheel_from_the_checkout_is_the_one_from_the_sdist(
    dist: Path, wheel: Path, tmp_path: Path
) -> None:
    assert {path.suffix for path in dist.iterdir()} == {".whl", ".gz"}
    build(ROOT, tmp_path, "--wheel", PYTHONHASHSEED="1")
    assert contents(tmp_path) == {wheel.name: wheel.read_bytes()}


def test_a_second_build_has_the_same_bytes(dist: Path, sdist: Path, tmp_path: Path) -> None:
    source = unpack(sdist, tmp_path / "elsewhere")
    for number, path in enumerate(source.rglob("*")):
        if path.is_file():
            path.chmod(0o700 if os.access(path, os.X_OK) else 0o600)
            os.utime(path, (number * 1_000_000, number * 1_000_000))
    out = tmp_path / "out"
    build(source, out, "--sdist", "--wheel", umask=0o077, TZ="Asia/Kathmandu", PYTHONHASHSEED="2")
    assert contents(out) == contents(dist)


def test_a_change_of_a_file_is_a_change_of_the_bytes(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    source = unpack(sdist, tmp_path / "elsewhere")
    with (source / "snaptrade_client" / "logs.py").open("a", encoding="utf-8") as file:
        file.write("\n")
    build(source, tmp_path / "out", "--wheel")
    assert contents(tmp_path / "out").keys() == {wheel.name}
    assert contents(tmp_path / "out")[wheel.name] != wheel.read_bytes()


def test_the_wheel_holds_the_packages_files_and_nothing_else(wheel: Path) -> None:
    package = ROOT / "snaptrade_client"
    files = {
        path.relative_to(ROOT).as_posix(): path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and path.parent.name != "__pycache__"
    }
    kinds = {Path(name).suffix or Path(name).name for name in files}
    assert kinds == {".py", ".typed", ".html", ".css", ".js", ".svg"}
    about = wheel.name.removesuffix("-py3-none-any.whl") + ".dist-info"
    with zipfile.ZipFile(wheel) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    license_text = (ROOT / "LICENSE").read_bytes()
    assert held.pop(f"{about}/licenses/LICENSE") == license_text
    for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt"):
        assert held.pop(f"{about}/{name}")
    assert held == files
    assert "snaptrade_client/py.typed" in held


def test_the_metadata_says_what_an_installer_asks(wheel: Path) -> None:
    [name, version] = wheel.name.split("-")[:2]
    with zipfile.ZipFile(wheel) as archive:
        found = BytesParser().parsebytes(archive.read(f"{name}-{version}.dist-info/METADATA"))
    assert (found["Name"], found["Version"]) == ("snaptrade-client", version)
    assert (found["License-Expression"], found["License-File"]) == ("MIT", "LICENSE")
    assert found["Requires-Python"] == ">=3.11"
    assert found.get_all("Provides-Extra") == ["crypto", "sandbox"]
    always = [text for text in found.get_all("Requires-Dist", ()) if "extra ==" not in text]
    assert len(always) == 5


def test_the_sdist_holds_no_leftovers(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        paths = [Path(*Path(member.name).parts[1:]) for member in archive if member.isfile()]
    assert Path("test/package/test_built.py") in paths
    assert {path.name for path in paths if path.name.startswith(".")} == {".gitignore"}
    assert {path.parts[0] for path in paths if path.parts[0].startswith(".")} == {
        ".ci",
        ".github",
        ".gitignore",
    }
    assert not [path for path in paths if "__pycache__" in path.parts]


def test_the_tools_that_check_distributions_have_nothing_to_say(wheel: Path, sdist: Path) -> None:
    told = run(sys.executable, "-m", "twine", "check", "--strict", wheel, sdist)
    assert told.count("PASSED") == 2
    told = run(sys.executable, "-m", "check_wheel_contents", wheel)
    assert told.strip() == f"{wheel}: OK"
