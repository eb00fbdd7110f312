"""What every exporter shares: options, checkpoints, the ONNX export with its checks, and the model card.

An exporter is a module with two functions:

``run(options: Options) -> None``
    trains (or resumes) the model and writes its folder to ``options.out``
``measure(folder: Path, options: Options) -> dict[str, float]``
    computes the quality figures of a finished folder with onnxruntime and numpy only
and, where it makes pictures,
``sheet(folder: Path, options: Options) -> np.ndarray``
    pictures [n, 1, height, width] in 0..1 for a contact sheet

``__main__`` lists the exporters by model name.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

OPSET = 17
TOLERANCE = 1e-4

PYTHON_ROOT = Path(__file__).resolve().parents[1]
SPECS = PYTHON_ROOT.parent / "specs"
MODELS = PYTHON_ROOT.parent / "models"
JUDGE_RESOURCES = PYTHON_ROOT.parent / "src" / "test" / "resources" / "judge"


@dataclass(frozen=True)
class Options:
    """The command line of one run. ``data`` is the folder of the raw data, ``work`` holds checkpoints.
    ``samples`` is how many samples ``measure`` draws from a generator."""

    model: str
    out: Path
    seed: int = 0
    data: Path | None = None
    work: Path | None = None
    steps: int | None = None
    export_only: bool = False
    measure: bool = True
    samples: int = 1000


def log(message: str) -> None:
    """One time-stamped line on stderr."""
    print(time.strftime("%H:%M:%S"), message, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- training


def seed_everything(seed: int) -> None:
    """One thread and one seed: the same command gives the same weights on the same machine type."""
    import torch

    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)


def count_parameters(module: Any) -> int:
    return sum(p.numel() for p in module.parameters())


class Checkpoint:
    """A killed run resumes: modules, optimizers, the step and torch's random state in one file."""

    def __init__(self, options: Options, every_seconds: float = 120.0, **parts: Any):
        work = options.work if options.work is not None else PYTHON_ROOT / "work"
        work.mkdir(parents=True, exist_ok=True)
        self.path = work / f"{options.model}-{options.seed}.pt"
        self.parts = parts
        self.every_seconds = every_seconds
        self._saved_at = time.monotonic()

    def load(self) -> int:
        """Returns the step to go on with: 0 when there is no checkpoint."""
        import torch

        if not self.path.exists():
            return 0
        state = torch.load(self.path, weights_only=True)
        for name, part in self.parts.items():
            part.load_state_dict(state[name])
        torch.set_rng_state(state["rng"])
        log(f"resumed {self.path.name} at step {state['step']}")
        return int(state["step"])

    def save(self, step: int) -> None:
        import torch

        state = {name: part.state_dict() for name, part in self.parts.items()}
        state |= {"step": step, "rng": torch.get_rng_state()}
        part_file = self.path.with_suffix(".part")
        torch.save(state, part_file)
        part_file.replace(self.path)
        self._saved_at = time.monotonic()

    def maybe_save(self, step: int) -> None:
        if time.monotonic() - self._saved_at > self.every_seconds:
            self.save(step)


class Ema:
    """Exponential moving average of a module's parameters; early steps average less. Buffers (running means) are copied, or
    averaged too where they should belong to the averaged weights."""

    def __init__(self, module: Any, decay: float, average_buffers: bool = False):
        import copy

        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay
        self.average_buffers = average_buffers

    def update(self, module: Any, step: int) -> None:
        import torch

        decay = min(self.decay, (1 + step) / (10 + step))
        with torch.no_grad():
            ours, theirs = list(self.module.parameters()), list(module.parameters())
            torch._foreach_lerp_(ours, theirs, 1 - decay)
            for mine, other in zip(self.module.buffers(), module.buffers()):
                if self.average_buffers and mine.is_floating_point():
                    mine.lerp_(other, 1 - decay)
                else:
                    mine.copy_(other)

    def state_dict(self) -> dict:
        return self.module.state_dict()

    def load_state_dict(self, state: dict) -> None:
        self.module.load_state_dict(state)


# ---------------------------------------------------------------- export


def descend(loss: Any, net: Any, optimizer: Any, ema: Ema, step: int, schedule: Any = None) -> None:
    """One step down the gradient of a loss, its norm cut at 1; the schedule and the moving average go along."""
    import torch

    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    if schedule is not None:
        schedule.step()
    ema.update(net, step)


def export_graph(
    module: Any,
    path: Path,
    cases: Sequence[Mapping[str, Any]],
    outputs: Sequence[str],
    dynamic_axes: Mapping[str, Mapping[int, str]],
    spec: tuple[str, str] | None = None,
    tolerance: float = TOLERANCE,
    fold: bool = True,
) -> None:
    """Writes one self-contained ``.onnx`` file and checks it.

    ``cases`` are named inputs in the order of ``module.forward``; the first is the example to trace, and the outputs of
    onnxruntime and of torch are compared on all of them, so give several batch sizes (and lengths). ``dynamic_axes``
    names the symbolic axes of inputs and outputs. ``spec`` is (family, graph): checked against
    ``exporter-specs/specs/<family>.json``. ``fold`` stores what is computed of weights alone as constants; without it the
    runtime does so when it loads the graph, and the file stays smaller where those constants are large.
    """
    import onnx
    import torch

    path.parent.mkdir(parents=True, exist_ok=True)
    module = module.float().eval()
    names = list(cases[0])
    with torch.no_grad():
        torch.onnx.export(
            module,
            tuple(cases[0].values()),
            str(path),
            input_names=names,
            output_names=list(outputs),
            dynamic_axes={k: dict(v) for k, v in dynamic_axes.items()},
            opset_version=OPSET,
            do_constant_folding=fold,
            dynamo=False,
        )
        results = module(*cases[0].values())
    model = onnx.load(str(path))
    declare_fixed_axes(model, outputs, results if isinstance(results, (tuple, list)) else (results,), dynamic_axes)
    for node in model.graph.node:
        node.doc_string = ""
    onnx.checker.check_model(model, full_check=True)
    random_ops = {n.op_type for n in model.graph.node} & {"RandomNormal", "RandomNormalLike", "RandomUniform",
                                                          "RandomUniformLike", "Multinomial", "Bernoulli", "Dropout"}
    if random_ops:
        raise ValueError(f"{path.name} holds random operators: {sorted(random_ops)}")
    onnx.save(model, str(path))
    if spec is not None:
        check_against_spec(path, *spec)
    worst = compare_with_torch(module, path, cases, outputs)
    if worst > tolerance:
        raise ValueError(f"{path.name}: onnxruntime and torch differ by {worst:.3g}, wanted at most {tolerance:g}")
    log(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, differs from torch by at most {worst:.2g}")


def declare_fixed_axes(model: Any, outputs: Sequence[str], results: Sequence[Any],
                       dynamic_axes: Mapping[str, Mapping[int, str]]) -> None:
    """Gives every output axis that is not named its number, and every named one its name, where the tracer lost them."""
    declared = {o.name: o.type.tensor_type.shape for o in model.graph.output}
    for name, result in zip(outputs, results, strict=True):
        for axis, dim in enumerate(declared[name].dim):
            symbol = dynamic_axes.get(name, {}).get(axis)
            if symbol is None:
                dim.dim_value = result.shape[axis]
            else:
                dim.dim_param = symbol


def session(path: Path, threads: int = 1) -> Any:
    """An onnxruntime CPU session with a fixed number of threads."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), settings, providers=["CPUExecutionProvider"])


def compare_with_torch(module: Any, path: Path, cases: Sequence[Mapping[str, Any]], outputs: Sequence[str]) -> float:
    """The largest difference over all cases and outputs, relative to max(1, largest absolute value)."""
    import torch

    ort = session(path)
    declared = {i.name for i in ort.get_inputs()}
    worst = 0.0
    for case in cases:
        missing = set(case) - declared
        if missing:
            raise ValueError(f"{path.name} lost its inputs {sorted(missing)}: the module does not use them")
        with torch.no_grad():
            wanted = module(*case.values())
        wanted = wanted if isinstance(wanted, (tuple, list)) else (wanted,)
        got = ort.run(list(outputs), {k: v.numpy() for k, v in case.items()})
        for name, a, b in zip(outputs, wanted, got, strict=True):
            a = a.numpy()
            if a.shape != b.shape:
                raise ValueError(f"{path.name}: output '{name}' has shape {b.shape}, torch gives {a.shape}")
            if a.size:
                worst = max(worst, float(np.abs(a - b).max() / max(1.0, np.abs(a).max())))
    return worst


def check_against_spec(path: Path, family: str, graph: str) -> None:
    """Refuses a graph whose inputs or outputs differ in name, element type or number of axes from the family's spec."""
    spec_file = SPECS / f"{family}.json"
    if not spec_file.exists():
        log(f"no {spec_file.name} to check {path.name} against")
        return
    import onnx

    wanted = json.loads(spec_file.read_text())["graphs"][graph]
    model = onnx.load(str(path), load_external_data=False)
    initializers = {i.name for i in model.graph.initializer}
    for kind, values in (("inputs", model.graph.input), ("outputs", model.graph.output)):
        actual = {v.name: v.type.tensor_type for v in values if v.name not in initializers}
        entries = {e["name"]: e for e in wanted[kind]}
        # "noise_{N}" stands for noise_0, noise_1 ...
        patterns = {re.compile(re.sub(r"\\{\w+\\}", r"\\d+", re.escape(n)) + "$"): e for n, e in entries.items() if "{" in n}
        missing = [n for n, e in entries.items() if n not in actual and "{" not in n and not e.get("optional", False)]
        if missing:
            raise ValueError(f"{path.name} has no {kind} {missing} that {spec_file.name} asks for; it has {sorted(actual)}")
        for name, tensor in actual.items():
            entry = entries.get(name) or next((e for p, e in patterns.items() if p.match(name)), None)
            if entry is None:
                raise ValueError(f"{path.name} has {kind} '{name}', unknown to {spec_file.name}: {sorted(entries)}")
            element = onnx.TensorProto.DataType.Name(tensor.elem_type).lower()
            element = {"float": "float32", "double": "float64"}.get(element, element)
            ranks = {len(entry["shape"])} | {len(o) for o in entry.get("or_shapes", [])}
            if element not in entry["types"] or len(tensor.shape.dim) not in ranks:
                raise ValueError(f"{path.name}: '{name}' is {element} with {len(tensor.shape.dim)} axes, {spec_file.name} wants "
                                 f"{entry['types']} of shape {entry['shape']}")


# ---------------------------------------------------------------- model card


@dataclass
class Card:
    """What a reader wants to know before using a model. ``family``, ``makes``, ``licence``, ``parameters`` and
    ``quality`` also go into the JSON block "card", which ``sampo models`` prints."""

    name: str
    family: str
    makes: str
    licence: str
    data: str
    seed: int
    parameters: int
    command: str
    quality: dict[str, float] = field(default_factory=dict)
    how: str = ""
    limits: str = ""

    def block(self) -> dict[str, Any]:
        return {"family": self.family, "makes": self.makes, "licence": self.licence,
                "parameters": self.parameters, "quality": self.quality}


MEASURE_START, MEASURE_END = "<!-- measured -->", "<!-- /measured -->"


def write_json(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_readme(folder: Path, card: Card) -> None:
    """The model card as README.md; the table of measured figures is replaced by ``record_quality`` later on."""
    files = sorted(p for p in folder.rglob("*.onnx"))
    sizes = "\n".join(f"| `{p.relative_to(folder).as_posix()}` | {p.stat().st_size / 1e6:.2f} MB |" for p in files)
    text = f"""# {card.name}

{card.makes}

| | |
| --- | --- |
| family | {card.family} |
| parameters | {card.parameters:,} |
| data | {card.data} |
| licence | {card.licence} |
| seed | {card.seed} |

| file | size |
| --- | --- |
{sizes}

## How it was made

{card.how}

Command, in `exporter-specs/python`:

    {card.command}

## Measured

{MEASURE_START}
{quality_table(card.quality)}
{MEASURE_END}

Measured again with `python -m sampo_exporters measure {card.name} ../models/{card.name}`.

## Limits

{card.limits}
"""
    (folder / "README.md").write_text(text, encoding="utf-8")


def quality_table(quality: Mapping[str, float]) -> str:
    if not quality:
        return "Not measured yet."
    return "\n".join(["| figure | value |", "| --- | --- |", *(f"| {k} | {v:g} |" for k, v in quality.items())])


def record_quality(folder: Path, quality: Mapping[str, float]) -> None:
    """Writes measured figures into the "card" block of sampo.json or sampo-card.json and into README.md."""
    for name in ("sampo.json", "sampo-card.json"):
        path = folder / name
        if path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
            content.setdefault("card", {})["quality"] = dict(quality)
            write_json(path, content)
    readme = folder / "README.md"
    if readme.exists():
        text = readme.read_text(encoding="utf-8")
        head, rest = text.split(MEASURE_START, 1)
        tail = rest.split(MEASURE_END, 1)[1]
        readme.write_text(f"{head}{MEASURE_START}\n{quality_table(quality)}\n{MEASURE_END}{tail}", encoding="utf-8")


def in_batches(count: int, size: int, make: Callable[[int, int], np.ndarray]) -> np.ndarray:
    """Concatenates make(start, end) over consecutive ranges."""
    return np.concatenate([make(i, min(i + size, count)) for i in range(0, count, size)])


def contact_sheet(pictures: np.ndarray, path: Path, columns: int = 10, zoom: int = 3) -> None:
    """Pictures [n, 1, height, width] in 0..1 row after row in one PNG, one grey pixel between them."""
    from PIL import Image

    n, _, height, width = pictures.shape
    rows = -(-n // columns)
    canvas = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), 0.35)
    for i, picture in enumerate(pictures[:, 0]):
        y, x = i // columns * (height + 1), i % columns * (width + 1)
        canvas[y:y + height, x:x + width] = picture
    grey = Image.fromarray(np.rint(np.clip(canvas, 0, 1) * 255).astype(np.uint8))
    path.parent.mkdir(parents=True, exist_ok=True)
    grey.resize((canvas.shape[1] * zoom, canvas.shape[0] * zoom), Image.NEAREST).save(path)
