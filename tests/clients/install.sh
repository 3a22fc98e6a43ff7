#!/bin/sh
# Install the vendors' published node clients, at the versions the tests were written against, into build/npm
# (ignored by git). The tests that drive them are in the vendors' folders beside this file.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/npm
# shellcheck disable=SC2046
exec npm install --prefix build/npm --no-save --no-audit --no-fund --ignore-scripts --loglevel=error $(cat tests/clients/*/packages.txt)
