"""The sandbox's pages and the example app in a browser: `tox run -e browser`."""
