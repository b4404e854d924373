"""The arithmetic of the electrocardiogram, each formula with its source.

Times are in milliseconds, rates per minute, voltages in millimetres at 10 mm/mV unless a name says otherwise, angles in
degrees of the frontal plane with lead I at 0 and aVF at +90.
"""

from __future__ import annotations

from math import sqrt

# Directions of the six limb leads in the hexaxial system (Cabrera's order).
LEAD_ANGLES = {"aVL": -30, "I": 0, "II": 60, "aVF": 90, "III": 120, "aVR": -150}

CORNELL_LIMIT = {"man": 28, "woman": 20}
PEGUERO_LIMIT = {"man": 28, "woman": 23}


def ms_per_mm(speed_mm_s: float = 25) -> float:
    """Return the milliseconds in one small square (1 mm) at a paper speed."""
    return 1000 / speed_mm_s


def rate_from_rr(rr_ms: float) -> float:
    """Return the rate per minute from an RR interval."""
    return 60_000 / rr_ms


def rate_from_squares(small_squares: float, speed_mm_s: float = 25) -> float:
    """Return the rate per minute from the small squares of an RR interval: the rule of 1500 at 25 mm/s."""
    return rate_from_rr(small_squares * ms_per_mm(speed_mm_s))


def rate_from_strip(complexes: int, seconds: float) -> float:
    """Return the mean rate per minute from the complexes in a strip, for irregular rhythms."""
    return complexes * 60 / seconds


def ventricular_rate(atrial_rate: float, atrial_beats: int, conducted: int = 1) -> float:
    """Return the ventricular rate when `conducted` of `atrial_beats` atrial beats reach the ventricles."""
    return atrial_rate * conducted / atrial_beats


def qtc_bazett(qt_ms: float, rr_ms: float) -> float:
    """Return QT over the square root of RR in seconds (H. C. Bazett, Heart 7 (1920) 353-370)."""
    return qt_ms / sqrt(rr_ms / 1000)


def qtc_fridericia(qt_ms: float, rr_ms: float) -> float:
    """Return QT over the cube root of RR in seconds (L. S. Fridericia, Acta Med. Scand. 53 (1920) 469-486)."""
    return float(qt_ms / (rr_ms / 1000) ** (1 / 3))


def qtc_framingham(qt_ms: float, rr_ms: float) -> float:
    """Return QT + 154 (1 - RR in seconds) (A. Sagie and others, Am. J. Cardiol. 70 (1992) 797-801)."""
    return qt_ms + 154 * (1 - rr_ms / 1000)


def qtc_hodges(qt_ms: float, rr_ms: float) -> float:
    """Return QT + 1.75 (rate - 60) (M. Hodges and others, J. Am. Coll. Cardiol. 1 (1983) 694)."""
    return qt_ms + 1.75 * (rate_from_rr(rr_ms) - 60)


def axis_from_isoelectric(isoelectric: str, other: str, positive: bool) -> int:
    """Return the axis from a lead with no net deflection and the sign of the net deflection in another.

    The axis is perpendicular to the isoelectric lead, on the side to which the other lead points (or away from it).

    Raises
    ------
    ValueError
        If the other lead points too far from both perpendiculars to tell them apart.
    """
    angle = LEAD_ANGLES[isoelectric]
    sides = [_within_180(angle + 90), _within_180(angle - 90)]
    distance = [abs(_within_180(side - LEAD_ANGLES[other])) for side in sides]
    if min(distance) > 60:
        raise ValueError(f"lead {other} does not tell the sides of {isoelectric} apart")
    near = sides[distance.index(min(distance))]
    return near if positive else _within_180(near + 180)


def _within_180(angle: float) -> int:
    turned = round(angle) % 360
    return turned if turned <= 180 else turned - 360


def axis_quadrant(lead_i: float, lead_avf: float) -> tuple[int, int]:
    """Return the range of the axis from the signs of the net QRS in leads I and aVF, neither of which is 0."""
    return {(True, True): (0, 90), (True, False): (-90, 0), (False, True): (90, 180), (False, False): (-180, -90)}[
        lead_i > 0, lead_avf > 0
    ]


def lead_iii(lead_i: float, lead_ii: float) -> float:
    """Return lead III by Einthoven's law: I + III = II."""
    return lead_ii - lead_i


def lead_avf(lead_ii: float, lead_iii: float) -> float:
    """Return lead aVF from the bipolar leads: (II + III) / 2."""
    return (lead_ii + lead_iii) / 2


def lead_avr(lead_i: float, lead_ii: float) -> float:
    """Return lead aVR from the bipolar leads: -(I + II) / 2."""
    return -(lead_i + lead_ii) / 2


def sokolow_lyon(s_v1: float, r_v5: float, r_v6: float) -> tuple[float, bool]:
    """Return S in V1 + the taller R of V5 and V6, and whether it reaches 35 mm.

    M. Sokolow and T. P. Lyon, Am. Heart J. 37 (1949) 161-186.
    """
    total = s_v1 + max(r_v5, r_v6)
    return total, total >= 35


def cornell_voltage(r_avl: float, s_v3: float, sex: str) -> tuple[float, bool]:
    """Return R in aVL + S in V3, and whether it exceeds 28 mm in a man or 20 mm in a woman.

    P. N. Casale and others, Circulation 75 (1987) 565-572.
    """
    total = r_avl + s_v3
    return total, total > CORNELL_LIMIT[sex]


def cornell_product(r_avl: float, s_v3: float, qrs_ms: float) -> tuple[float, bool]:
    """Return (R in aVL + S in V3) x QRS duration of a man in mm ms, and whether it exceeds 2440.

    T. J. Molloy and others, J. Am. Coll. Cardiol. 20 (1992) 1180-1186; P. M. Okin and others, J. Am. Coll. Cardiol. 25
    (1995) 417-423. In women a constant is added to the voltage, on which sources differ, so that this is for men only.
    """
    product = (r_avl + s_v3) * qrs_ms
    return product, product > 2440


def peguero_lo_presti(deepest_s: float, s_v4: float, sex: str) -> tuple[float, bool]:
    """Return the deepest S of any lead + S in V4, and whether it reaches 28 mm in a man or 23 mm in a woman.

    J. G. Peguero and others, J. Am. Coll. Cardiol. 69 (2017) 1694-1703.
    """
    total = deepest_s + s_v4
    return total, total >= PEGUERO_LIMIT[sex]


def sgarbossa(concordant_elevation: float, concordant_depression_v1_v3: float, discordant_elevation: float) -> int:
    """Return the points of the original score from the largest deviation of each kind in mm; 3 or more is positive.

    5 for concordant ST elevation of at least 1 mm, 3 for ST depression of at least 1 mm in V1, V2 or V3, 2 for
    discordant ST elevation of at least 5 mm. E. B. Sgarbossa and others, N. Engl. J. Med. 334 (1996) 481-487.
    """
    return 5 * (concordant_elevation >= 1) + 3 * (concordant_depression_v1_v3 >= 1) + 2 * (discordant_elevation >= 5)


def smith_ratio(st_elevation: float, s_depth: float) -> tuple[float, bool]:
    """Return the ratio of discordant ST elevation to the S wave, as a positive number, and whether Smith's rule is met.

    The rule asks for an elevation of at least 1 mm and at least 25 % of the S wave's depth (ST/S of -0.25 or less).
    S. W. Smith and others, Ann. Emerg. Med. 60 (2012) 766-776.
    """
    ratio = st_elevation / s_depth
    return ratio, st_elevation >= 1 and ratio >= 0.25


def stemi_threshold(sex: str, age: int, lead: str) -> float:
    """Return the ST elevation at the J point in mm that counts in two contiguous leads, without LVH or LBBB.

    K. Thygesen and others, Fourth Universal Definition of Myocardial Infarction (2018): V2 and V3 2 mm in men from 40
    years on, 2.5 mm in younger men, 1.5 mm in women; 1 mm in all other standard leads.
    """
    if lead not in ("V2", "V3"):
        return 1.0
    if sex == "woman":
        return 1.5
    return 2.0 if age >= 40 else 2.5
