"""eoslib: watch the sharpness while gradient descent trains.

Data flow one way: data set + network + loss → Objective → descend(optimizer) → Trajectory → plots, widgets.
"""

from typing import TYPE_CHECKING, Any

from eoslib import plots, theory
from eoslib.checks import check
from eoslib.curvature import Eigenpairs, SharpnessTracker, dense_hessian, top_eigenpairs
from eoslib.data import Dataset, chebyshev, digits
from eoslib.descent import descend
from eoslib.networks import mlp
from eoslib.objective import Landscape, Objective, Point, quadratic
from eoslib.optimizers import GradientDescent
from eoslib.trajectory import Trajectory

if TYPE_CHECKING:
    from eoslib.lab import Lab

__all__ = [
    "Dataset",
    "Eigenpairs",
    "GradientDescent",
    "Lab",
    "Landscape",
    "Objective",
    "Point",
    "SharpnessTracker",
    "Trajectory",
    "chebyshev",
    "check",
    "dense_hessian",
    "descend",
    "digits",
    "mlp",
    "plots",
    "quadratic",
    "theory",
    "top_eigenpairs",
]


def __getattr__(name: str) -> Any:
    if name == "Lab":  # anywidget and IPython take a second to import, and only notebooks need them
        from eoslib.lab import Lab

        return Lab
    raise AttributeError(f"module 'eoslib' has no attribute {name!r}")
