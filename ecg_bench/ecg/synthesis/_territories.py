"""What ischaemia and scars of a territory do to each lead, by the lead's place in I, II, V1 to V6."""

from __future__ import annotations

import numpy as np

# Shift of each lead for 1 mV in a territory; Einthoven makes III, aVR, aVL and aVF of it, so that what stands opposite
# shifts the other way.
SHIFT = {
    "inferior": np.array([-0.30, 0.70, -0.05, -0.25, -0.20, -0.05, 0.05, 0.10]),
    "anterior": np.array([0.15, -0.20, 0.1, 0.65, 1.0, 0.9, 0.5, 0.2]),
    "lateral": np.array([0.75, 0.10, -0.25, -0.15, 0.10, 0.5, 1.0, 0.9]),
    "septal": np.array([0.0, -0.15, 0.9, 1.0, 0.5, 0.15, 0.0, -0.05]),
}
# T waves in millivolts where they are inverted. That of III is II less I, that of aVL is I less half of II.
T_INVERTED = {
    "inferior": {0: 0.12, 1: -0.22},
    "anterior": {3: -0.28, 4: -0.32, 5: -0.25},
    "lateral": {0: -0.20, 1: 0.06, 6: -0.25, 7: -0.22},
    "septal": {2: -0.22, 3: -0.28, 4: -0.22},
}
# Q waves in millivolts, and the share of R that is left in chest leads.
Q_WAVES = {
    "inferior": {0: 0.04, 1: -0.36},
    "anterior": {3: -0.6, 4: -0.8, 5: -0.6},
    "lateral": {0: -0.3, 1: 0.02, 6: -0.4, 7: -0.38},
    "septal": {2: -0.4, 3: -0.6},
}
R_LEFT: dict[str, dict[int, float]] = {
    "inferior": {},
    "anterior": {3: 0.1, 4: 0.1, 5: 0.45},
    "lateral": {6: 0.6, 7: 0.6},
    "septal": {2: 0.1, 3: 0.1},
}
