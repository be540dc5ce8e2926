"""eoslib: watch the sharpness while gradient descent trains.

Data flow one way: data set + network + loss → Objective → descend(optimizer) → Trajectory → plots, widgets.
"""

from eoslib import plots, theory
from eoslib.checks import check
from eoslib.curvature import Eigenpairs, SharpnessTracker, dense_hessian, top_eigenpairs
from eoslib.data import Dataset, chebyshev, digits
from eoslib.descent import descend
from eoslib.lab import Lab
from eoslib.networks import mlp
from eoslib.objective import Landscape, Objective, Point, quadratic
from eoslib.optimizers import GradientDescent
from eoslib.trajectory import Trajectory

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
