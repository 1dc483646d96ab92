#!/bin/sh
# A program as people have them: it takes and leaves files in its working directory, and talks on standard output.
set -eu
echo "reading the problem"
problem=$(cat input.json)
a=${problem#*\"a\":}
b=${problem#*\"b\":}
echo "{\"sum\": $((${a%%,*} + ${b%%\}*}))}" > output.json
echo "done"
