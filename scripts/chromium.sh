#!/usr/bin/env bash
# Sees to a browser for the tests of web pages: from the system's packages where it may install them.
#
#   OAAS_REQUIRE_BROWSER=1   fail when there is none
set -euo pipefail
readonly HERE=$(cd "$(dirname "$0")" && pwd)

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit
done
"$HERE/apt-install.sh" chromium && exit
echo 'chromium.sh: There is no Chromium, and it could not be installed: tests of web pages are skipped.' >&2
[[ ${OAAS_REQUIRE_BROWSER:-0} != 1 ]]
