"""Tiny random CLIP and SigLIP as save_pretrained writes them, and the vectors that transformers 5.18.0 gives.

python -m sampo_exporters.towers_goldens OUT

towers.jsonl: input_ids, attention_mask, pixel_values (flat rows of pixel_shape), text_embeds, image_embeds (not scaled to length 1).
"""

import json
import sys
from pathlib import Path

import torch
import transformers as tf


def randomize(model, generator):
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.ndim >= 2:
                p.normal_(0, 0.25, generator=generator)
            elif "norm" in name:
                p.add_(torch.empty_like(p).normal_(0, 0.2, generator=generator))
            else:
                p.normal_(0, 0.2, generator=generator)


def rounded(rows):
    return [[round(float(a), 5) for a in row] for row in rows]


def make(name, out):
    g = torch.Generator().manual_seed(3)
    text = dict(vocab_size=320, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=80, max_position_embeddings=16, eos_token_id=9, bos_token_id=8, pad_token_id=1)
    vision = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64, image_size=24, patch_size=8)
    if name == "clip":
        model = tf.CLIPModel(tf.CLIPConfig(text_config=dict(text, projection_dim=20), vision_config=dict(vision, projection_dim=20), projection_dim=20))
    else:
        model = tf.SiglipModel(tf.SiglipConfig(text_config=dict(text, projection_size=32), vision_config=vision))
    model.eval()
    randomize(model, g)
    model.save_pretrained(out / name)
    ids = torch.randint(10, 300, (2, 16), generator=g)
    ids[0, 9] = 9
    ids[1, 15] = 9
    mask = torch.ones_like(ids)
    if name == "clip":
        mask[0, 10:] = 0
        ids[0, 10:] = 1
    pixels = torch.tensor(rounded(torch.randn(2, 3 * 24 * 24, generator=g)))
    with torch.no_grad():
        texts = model.get_text_features(input_ids=ids, attention_mask=mask)
        images = model.get_image_features(pixel_values=pixels.view(2, 3, 24, 24))
    texts, images = (x if isinstance(x, torch.Tensor) else x.pooler_output for x in (texts, images))
    line = dict(input_ids=ids.tolist(), attention_mask=mask.tolist(), pixel_values=rounded(pixels), pixel_shape=[3, 24, 24], text_embeds=rounded(texts), image_embeds=rounded(images))
    (out / name / "towers.jsonl").write_text(json.dumps(line, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    for wanted in ("clip", "siglip"):
        make(wanted, Path(sys.argv[1]))
