"""Makes the modules behind pooling of cases/dense-layers as sentence-transformers writes them: python make_dense_layers.py ENCODER OUT

ENCODER is the folder of a case with a graph (cases/sentence-transformers-6/st_mean), whose token vectors are pooled; the transformer of the model that is saved
has random weights of its own and is left out. sentence-transformers 6.0.1, transformers 5.18, torch 2.13, onnxruntime 1.30.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import AutoConfig, AutoModel, AutoTokenizer

encoder, out = Path(sys.argv[1]), Path(sys.argv[2])
torch.manual_seed(11)
torch.set_num_threads(1)
bare = out / "bare"
AutoModel.from_config(AutoConfig.from_pretrained(encoder)).save_pretrained(bare)
tokenizer = AutoTokenizer.from_pretrained(encoder)
tokenizer.save_pretrained(bare)
modules = [Transformer(str(bare)), Pooling(16, "mean"), Dense(16, 12, activation_function=torch.nn.GELU()), Dense(12, 12, bias=False, use_residual=True),
           Dense(12, 5, activation_function=torch.nn.Identity(), use_residual=True), Normalize()]
model = SentenceTransformer(modules=modules, device="cpu")
model.save_pretrained(str(out / "saved"))
texts = json.loads((encoder / "want.json").read_text())["texts"][:2]
session = onnxruntime.InferenceSession(str(encoder / "onnx/model.onnx"))
vectors = []
for text in texts:
    batch = tokenizer(text, truncation=True, max_length=64, return_tensors="np")
    feeds = {i.name: batch[i.name].astype(np.int64) for i in session.get_inputs()}
    features = {"token_embeddings": torch.from_numpy(session.run(None, feeds)[0]), "attention_mask": torch.from_numpy(batch["attention_mask"])}
    with torch.no_grad():
        for module in modules[1:]:
            features = module(features)
    vectors.append([float(f"{v:.8g}") for v in features["sentence_embedding"][0].tolist()])
case = out / "gelu_residual"
for part in sorted((out / "saved").iterdir()):
    if part.name == "modules.json":
        case.mkdir(parents=True, exist_ok=True)
        shutil.copy(part, case)
    elif part.is_dir() and part.name[0].isdigit():
        shutil.copytree(part, case / part.name, dirs_exist_ok=True)
(case / "want.json").write_text(json.dumps({"texts": texts, "vectors": vectors}) + "\n")
