#!/bin/sh
# Install the vendors' published node clients, at the versions the tests were written against, into build/npm
# (ignored by git). The tests that drive them are tests/clients/test_published_clients.py.
set -eu
cd "$(dirname "$0")/../.."
mkdir -p build/npm
exec npm install --prefix build/npm --no-save --no-audit --no-fund --ignore-scripts --loglevel=error \
  @100mslive/server-sdk@0.3.0 \
  @videosdk.live/server-sdk@0.1.1 \
  twilio@6.2.0
