#!/usr/bin/env bash
# Prints the compressed size of an image, layer by layer and in total, as a
# registry would store it (gzip). With a limit in MB (10^6 bytes), an image over
# it is an error.
#
#   e2e/image-size.sh IMAGE [LIMIT]
set -euo pipefail

image=${1:?image expected: e2e/image-size.sh IMAGE [LIMIT]}
limit=${2:-}
saved=$(mktemp -d)
trap 'rm -rf "$saved"' EXIT
docker image inspect "$image" >/dev/null || { echo "image-size.sh: no image $image; make image builds it" >&2; exit 1; }
docker save "$image" | tar -x -C "$saved"

# The layers in order, from the manifest; the history, whose entries without a
# layer only set something, tells what made each.
mapfile -t layers < <(python3 - "$saved" <<'PYTHON'
import json, pathlib, re, sys

saved = pathlib.Path(sys.argv[1])
manifest = json.loads((saved / "manifest.json").read_text())[0]
history = json.loads((saved / manifest["Config"]).read_text()).get("history", [])
made = [h for h in history if not h.get("empty_layer")]
for i, layer in enumerate(manifest["Layers"]):
    by = made[i].get("created_by") or made[i].get("comment", "") if i < len(made) else ""
    by = by.replace("/bin/sh -c #(nop) ", "").replace("/bin/sh -c ", "RUN ")
    by = re.sub(r"\b(file|dir|multi):[0-9a-f]{64}", r"\1", by)  # the legacy builder names no source
    print(layer, " ".join(by.split())[:80])
PYTHON
)
[ "${#layers[@]}" -gt 0 ] || { echo "image-size.sh: $image has no layer" >&2; exit 1; }

mb() { awk -v bytes="$1" 'BEGIN { printf "%6.2f MB", bytes / 1e6 }'; }
total=0
for layer in "${layers[@]}"; do
  bytes=$(gzip -c "$saved/${layer%% *}" | wc -c)
  total=$((total + bytes))
  printf '%s  %s\n' "$(mb "$bytes")" "${layer#* }"
done
printf '%s  %s\n' "$(mb "$total")" "$image, compressed"
if [ -n "$limit" ] && [ "$total" -gt $((limit * 1000000)) ]; then
  echo "image-size.sh: $image is larger than $limit MB" >&2
  exit 1
fi
