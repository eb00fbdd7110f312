"""Trains, exports and measures the models that ship with Sampo. Entry: ``python -m sampo_exporters``."""
