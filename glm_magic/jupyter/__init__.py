"""Thin faces over the workbench: the only folder that imports IPython and ipywidgets."""
