"""``python -m sampo_exporters MODEL --out DIR`` trains and exports; ``... measure MODEL DIR`` measures a finished folder."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

from .common import JUDGE_RESOURCES, MODELS, Options, contact_sheet, log, record_quality

# Model name -> module with run(options) and measure(folder, options). One line a model.
EXPORTERS = {
    "judge": "judge",
    "digits-gan": "gan",
    "digits-vae": "vae",
    "digits-diffusion": "diffusion",
    "digits-video": "video",
    "strokes-digits": "strokes",
    "weather-lstm": "weather",
    "tunes-lstm": "tunes",
    "molecules-vae": "molecules",
    "digits-autoencoder": "autoencoder",
    "digits-pixelcnn": "pixelcnn",
    "stylegan-digits": "stylegan",
    "scripture-lstm": "scripture_lstm",
    "scripture-gpt": "scripture_gpt",
    "numbers-en-fr": "numbers_en_fr",
    "tones-wavenet": "tones_wavenet",
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m sampo_exporters", description=__doc__)
    parser.add_argument("model", choices=[*EXPORTERS, "measure"], help="what to train, or 'measure'")
    parser.add_argument("target", nargs="*", help="with 'measure': MODEL [DIR]")
    parser.add_argument("--out", type=Path, help="folder to write (default: ../models/MODEL; the judge lies in the tests)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, help="folder with the raw data (see README.md)")
    parser.add_argument("--work", type=Path, help="folder for checkpoints (default: ./work)")
    parser.add_argument("--steps", type=int, help="train this many steps instead of the model's own number")
    parser.add_argument("--export-only", action="store_true", help="export the checkpoint as it is, without training")
    parser.add_argument("--no-measure", action="store_true", help="do not measure after the export")
    parser.add_argument("--dry", action="store_true", help="with 'measure': print only, leave the model card alone")
    parser.add_argument("--samples", type=int, default=1000, help="how many samples to measure a generator with")
    parser.add_argument("--sheet", type=Path, help="also write a contact sheet of samples to this PNG file")
    args = parser.parse_args()

    if args.model == "measure":
        if not 1 <= len(args.target) <= 2 or args.target[0] not in EXPORTERS:
            parser.error(f"measure wants MODEL [DIR], MODEL one of {', '.join(EXPORTERS)}")
        name = args.target[0]
        folder = Path(args.target[1]) if len(args.target) == 2 else default_folder(name)
        options = Options(name, folder, args.seed, args.data, args.work, samples=args.samples)
        report(name, folder, options, record=not args.dry)
        write_sheet(name, folder, options, args.sheet)
        return

    if args.target:
        parser.error(f"unexpected arguments: {' '.join(args.target)}")
    options = Options(args.model, args.out or default_folder(args.model), args.seed, args.data, args.work, args.steps,
                      args.export_only, not args.no_measure, args.samples)
    module(args.model).run(options)
    if options.measure:
        report(args.model, options.out, options, record=True)
    write_sheet(args.model, options.out, options, args.sheet)


def default_folder(name: str) -> Path:
    return JUDGE_RESOURCES if name == "judge" else MODELS / name


def module(name: str):
    return importlib.import_module(f"sampo_exporters.{EXPORTERS[name]}")


def report(name: str, folder: Path, options: Options, record: bool) -> None:
    quality = module(name).measure(folder, options)
    if record:
        record_quality(folder, quality)
        log(f"model card of {folder} updated")
    print(json.dumps({"model": name, "quality": quality}, indent=2))


def write_sheet(name: str, folder: Path, options: Options, path: Path | None) -> None:
    if path is not None:
        contact_sheet(module(name).sheet(folder, options), path)


if __name__ == "__main__":
    main()
