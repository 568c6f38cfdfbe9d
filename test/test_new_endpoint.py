"""A new endpoint costs one Operation, one TypedDict and one method: here is one.

Strategy: what a maintainer would write stands between the two marks; the tests measure it and call
it.
"""

import ast
import inspect
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, assert_type

import pytest
from frozendict import frozendict
from typing_extensions import TypedDict, Unpack

from snaptrade_client import (
    ApiClient,
    ApiResponse,
    ApiTypeError,
    AuthenticationApi,
    SnapTrade,
)
from snaptrade_client.operations import Operation
from snaptrade_client.redaction import boundary

from .recording import RecordingServer, Reply

if TYPE_CHECKING:
    from snaptrade_client.types import CallOptions

# What a maintainer writes: from here

RENAME = Operation(
    "rename_account",
    "PUT",
    "/accounts/name",
    "harmless",
    query=frozendict(userId=str, userSecret=str),
    body=frozendict(accountName=str),
    promise="an object",
)


class Account(TypedDict):
    """An account."""

    accountName: str
    account_name: str


class AccountsApi:
    """Names accounts."""

    def __init__(self, api_client: ApiClient) -> None:
        self.api_client = api_client

    @boundary
    def rename_account(
        self,
        *,
        user_id: str,
        user_secret: str,
        account_name: str | None = None,
        **options: "Unpack[CallOptions]",
    ) -> ApiResponse[Account]:
        """Give an account a name."""
        query = {"userId": user_id, "userSecret": user_secret}
        fields = {"accountName": account_name}
        return self.api_client.call(RENAME, query=query, fields=fields, options=options)


# to here.

SECRET = "s3cr3t of u1"


def methods() -> Iterator[tuple[str, ast.FunctionDef]]:
    """The methods of the package and the one above, as they are written."""
    for owner in (AuthenticationApi, AccountsApi):
        [tree] = ast.parse(inspect.getsource(owner)).body
        assert isinstance(tree, ast.ClassDef)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield node.name, node


METHODS = dict(methods())


def test_the_methods_are_those_of_the_package() -> None:
    assert METHODS.keys() == {*dir(AuthenticationApi), "rename_account"} - {*dir(object)} - {
        name for name in dir(AuthenticationApi) if name.startswith("_")
    }


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_at_most_25_lines_beside_its_arguments(name: str) -> None:
    """Its documentation and its code."""
    first, last = METHODS[name].body[0], METHODS[name].body[-1]
    assert last.end_lineno is not None
    assert last.end_lineno - first.lineno < 25


def test_the_call_is_signed_typed_and_wrapped(server: RecordingServer, client: SnapTrade) -> None:
    """The server's fixture verifies the signature."""
    server.answer(Reply(body={"accountName": "Savings"}))
    response = AccountsApi(client.api_client).rename_account(
        user_id="u1", user_secret=SECRET, account_name="Savings", timeout=5
    )
    assert_type(response, ApiResponse[Account])
    assert response.body["account_name"] == response.body["accountName"] == "Savings"
    assert response.status == 200
    [request] = server.requests
    assert (request.method, request.path) == ("PUT", "/api/v1/accounts/name")
    assert request.query.startswith("userId=u1&userSecret=s3cr3t%20of%20u1&clientId=")
    assert json.loads(request.body) == {"accountName": "Savings"}


def test_the_call_is_tried_again_as_its_replay_class_says(
    server: RecordingServer, client: SnapTrade
) -> None:
    server.answer(Reply(status=503, headers=(("Retry-After", "0"),)), Reply(body={}))
    accounts = AccountsApi(client.api_client)
    response = accounts.rename_account(user_id="u1", user_secret=SECRET)
    assert [attempt.result for attempt in response.attempts] == ["unavailable", "ok"]


def test_a_wrong_argument_is_named_and_no_secret_is_in_a_frame(
    server: RecordingServer, client: SnapTrade
) -> None:
    accounts = AccountsApi(client.api_client)
    with pytest.raises(ApiTypeError) as caught:
        accounts.rename_account(user_id="u1", user_secret=SECRET, account_name=5)  # type: ignore[arg-type]
    assert str(caught.value) == "rename_account(): account_name must be a str, not int"
    assert len(caught.traceback) == 2
    assert SECRET not in repr(caught.traceback[1].locals)
    assert server.connections == 0
