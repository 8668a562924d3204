"""A filesystem as an idea: paths, globs, symlinks and typed files over any `Backend`."""

from pond_core.tinyfs.backend import Backend
from pond_core.tinyfs.factory import FactoryCall, register_factory
from pond_core.tinyfs.filesystem import FS, WD
from pond_core.tinyfs.glob import Pattern, render
from pond_core.tinyfs.memory import MemoryBackend
from pond_core.tinyfs.node import ROOT, Content, Entry, EntryType, Node, NodeId, Piece, Recipe
from pond_core.tinyfs.reading import NodePath, ReadFS

__all__ = [
    "FS",
    "ROOT",
    "WD",
    "Backend",
    "Content",
    "Entry",
    "EntryType",
    "FactoryCall",
    "MemoryBackend",
    "Node",
    "NodeId",
    "NodePath",
    "Pattern",
    "Piece",
    "ReadFS",
    "Recipe",
    "register_factory",
    "render",
]
