#!/usr/bin/env bash
# Sees to a Chromium for the tests of web pages, where that needs no questions; without one they are skipped.
#
#   OAAS_INSTALL_BROWSER=0   install nothing
#   OAAS_REQUIRE_BROWSER=1   fail when there is none
set -euo pipefail
readonly NAMES=(chromium chromium-browser google-chrome)

for name in "${NAMES[@]}"; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [[ ${OAAS_INSTALL_BROWSER:-1} != 0 ]] && "$(dirname "$0")/apt-install.sh" chromium; then exit 0; fi
echo 'chromium.sh: No Chromium: tests of web pages are left out.' >&2
[[ ${OAAS_REQUIRE_BROWSER:-0} != 1 ]]
