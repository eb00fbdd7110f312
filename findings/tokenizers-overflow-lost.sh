#!/usr/bin/env bash
# tokenizers 0.23.2 against 0.22.2: truncation of one text. 0.22.2 gives the rest of the text as overflowing pieces (with their stride),
# 0.23.2 gives none. Expected: the same windows. Programs that cut long documents into windows this way see the first window only.
set -euo pipefail
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
cat > "$tmp/run.py" <<'PY'
import tokenizers
from tokenizers import Tokenizer, models, pre_tokenizers
words = {w: i for i, w in enumerate("zero one two three four five six seven eight nine".split())}
t = Tokenizer(models.WordLevel(words, unk_token="zero"))
t.pre_tokenizer = pre_tokenizers.Whitespace()
t.enable_truncation(max_length=4, stride=1)
e = t.encode("one two three four five six seven eight nine")
print(tokenizers.__version__, e.ids, [o.ids for o in e.overflowing])
PY
for pinned in tokenizers==0.22.2 tokenizers==0.23.2; do
  v=${pinned#tokenizers==}
  python3 -m venv "$tmp/$v"
  "$tmp/$v/bin/pip" install -q "$pinned"
  "$tmp/$v/bin/python" "$tmp/run.py" | tee "$tmp/$v.txt"
done
grep -qF '0.22.2 [1, 2, 3, 4] [[4, 5, 6, 7], [7, 8, 9]]' "$tmp/0.22.2.txt" \
  && grep -qF '0.23.2 [1, 2, 3, 4] []' "$tmp/0.23.2.txt" \
  && echo "as found" || { echo CHANGED; exit 1; }
