"""Programs of the table of dialects: the first argument says which one."""

import json
import sys
import time


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    given = json.load(sys.stdin)
    match sys.argv[1]:
        case "add":
            output = {"sum": given["a"] + given["b"]}
        case "sleep":
            say(f"sleeping {given['seconds']}")
            time.sleep(given["seconds"])
            output = {"slept": given["seconds"]}
        case "count":
            for step in range(1, given["steps"] + 1):
                time.sleep(given["seconds"] / given["steps"])
                done = f"{100 * step / given['steps']:.0f} % done"
                say(f"step {step} of {given['steps']}, {done}, best 7.5 bound 5 gap 0.33")
            output = {"steps": given["steps"]}
        case "fail":
            say(f"it is hopeless: {given['message']}")
            sys.exit(3)
        case "big":
            output = {"text": "x" * given["bytes"]}
        case "garbage":
            print("this is { no JSON")
            return
        case "hog":
            output = len(bytearray(given["bytes"]))
    json.dump(output, sys.stdout)


main()
