"""The units that are known: how instruments write each, what it measures, what others call it.

A name means here what it means in the field, which is often not what a general parser of units
reads: `C` is no coulomb, `F` no farad, and `ppm` of something in water is a mass per volume. So
what is not in this table is unknown, and is never guessed.

Units are converted within one quantity only. Some units are a quantity of their own: what a
turbidimeter or a fluorometer shows depends on its light and its detector, and practical salinity
is a ratio of conductivities, so no number leads from them to anything else.
"""

import unicodedata
from dataclasses import dataclass

from pond_core import did_you_mean, near_misses
from pond_pipeline.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit.

    Attributes:
        symbol: As HydroVu writes it where it does, `mm Hg`.
        quantity: What it measures. Two units can be converted if and only if this is the same.
        pint: The same unit in pint's words; empty where it is alone in its quantity.
        ucum: Its code in UCUM, version 2.2 (https://ucum.org/ucum); empty where UCUM has none.
        spellings: Other ways in which instruments and people write it. Blanks in them do not
            matter, nor how µ, Ω and superscripts are encoded; case does.
        words: How it is called in prose: no names of it, but hints find it by them.
    """

    symbol: str
    quantity: str
    pint: str
    ucum: str
    spellings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


_TEMPERATURE = "temperature"
_PRESSURE = "pressure"
_LENGTH = "length"
_ANGLE = "angle"
_CONDUCTIVITY = "conductivity"
_RESISTIVITY = "resistivity"
MASS_PER_VOLUME = "mass per volume"
_AMOUNT_PER_VOLUME = "amount per volume"
RATIO = "ratio"
_VOLTAGE = "voltage"
_CURRENT = "current"
_FREQUENCY = "frequency"
_FLOW = "flow"
_VOLUME = "volume"
_SPEED = "speed"

UNITS = (
    # Absolute temperatures, with the offset of their scale; differences do not occur.
    Unit("C", _TEMPERATURE, "degC", "Cel", ("°C", "deg C"), ("celsius", "degrees C")),
    Unit("F", _TEMPERATURE, "degF", "[degF]", ("°F", "deg F"), ("fahrenheit", "degrees F")),
    Unit("K", _TEMPERATURE, "kelvin", "K", (), ("kelvin",)),
    # No `psia` or `psig`: absolute and gauge pressure differ by the weather.
    Unit("psi", _PRESSURE, "psi", "[psi]", ("PSI",)),
    Unit("Pa", _PRESSURE, "pascal", "Pa", (), ("pascal",)),
    Unit("hPa", _PRESSURE, "hectopascal", "hPa", (), ("hectopascal",)),
    Unit("kPa", _PRESSURE, "kilopascal", "kPa", (), ("kilopascal",)),
    Unit("mbar", _PRESSURE, "millibar", "mbar", ("mb",), ("millibar",)),
    Unit("dbar", _PRESSURE, "decibar", "dbar", (), ("decibar",)),
    Unit("bar", _PRESSURE, "bar", "bar"),
    Unit("mm Hg", _PRESSURE, "mmHg", "mm[Hg]", (), ("millimeter of mercury",)),
    Unit("in Hg", _PRESSURE, "inHg", "[in_i'Hg]", (), ("inch of mercury",)),
    Unit("cm H₂O", _PRESSURE, "cmH2O", "cm[H2O]", (), ("centimeter of water",)),
    Unit("in H₂O", _PRESSURE, "inH2O", "[in_i'H2O]", (), ("inch of water",)),
    Unit("torr", _PRESSURE, "torr", "", ("Torr",)),
    Unit("atm", _PRESSURE, "atm", "atm", (), ("atmosphere",)),
    Unit("mm", _LENGTH, "millimeter", "mm", (), ("millimeter", "millimetre")),
    Unit("cm", _LENGTH, "centimeter", "cm", (), ("centimeter", "centimetre")),
    Unit("m", _LENGTH, "meter", "m", (), ("meter", "metre")),
    Unit("km", _LENGTH, "kilometer", "km", (), ("kilometer", "kilometre")),
    Unit("in", _LENGTH, "inch", "[in_i]", (), ("inch", "inches")),
    Unit("ft", _LENGTH, "foot", "[ft_i]", (), ("foot", "feet")),
    Unit("°", _ANGLE, "degree", "deg", ("deg",), ("degrees",)),
    Unit("µS/cm", _CONDUCTIVITY, "microsiemens/centimeter", "uS/cm"),
    Unit("mS/cm", _CONDUCTIVITY, "millisiemens/centimeter", "mS/cm"),
    Unit("dS/m", _CONDUCTIVITY, "decisiemens/meter", "dS/m"),
    Unit("S/m", _CONDUCTIVITY, "siemens/meter", "S/m"),
    Unit("Ω-cm", _RESISTIVITY, "ohm*centimeter", "Ohm.cm", ("Ω·cm", "ohm cm")),
    Unit("Ω-m", _RESISTIVITY, "ohm*meter", "Ohm.m", ("Ω·m", "ohm m")),
    Unit("ng/L", MASS_PER_VOLUME, "nanogram/liter", "ng/L", ("ng/l",)),
    Unit("µg/L", MASS_PER_VOLUME, "microgram/liter", "ug/L", ("µg/l",)),
    Unit("mg/L", MASS_PER_VOLUME, "milligram/liter", "mg/L", ("mg/l",)),
    Unit("g/L", MASS_PER_VOLUME, "gram/liter", "g/L", ("g/l",)),
    Unit("mg/m³", MASS_PER_VOLUME, "milligram/meter**3", "mg/m3"),
    Unit("kg/m³", MASS_PER_VOLUME, "kilogram/meter**3", "kg/m3"),
    Unit("g/cm³", MASS_PER_VOLUME, "gram/centimeter**3", "g/cm3", ("g/mL", "g/ml")),
    # Parts by mass of water that weighs 1 kg per liter: what instruments mean by them. Their codes
    # say what is written, parts of a whole, since UCUM knows no other meaning.
    Unit("ppb", MASS_PER_VOLUME, "microgram/liter", "[ppb]", ("PPB",), ("parts per billion",)),
    Unit("ppm", MASS_PER_VOLUME, "milligram/liter", "[ppm]", ("PPM",), ("parts per million",)),
    Unit("ppt", MASS_PER_VOLUME, "gram/liter", "[ppth]", ("PPT", "‰"), ("parts per thousand",)),
    Unit("µmol/L", _AMOUNT_PER_VOLUME, "micromole/liter", "umol/L", ("µmol/l", "µM")),
    Unit("mmol/L", _AMOUNT_PER_VOLUME, "millimole/liter", "mmol/L", ("mmol/l",)),
    Unit("%", RATIO, "percent", "%", (), ("percent",)),
    Unit("% sat", RATIO, "percent", "%", ("% Sat", "% SAT"), ("% saturation",)),
    Unit("µV", _VOLTAGE, "microvolt", "uV", (), ("microvolt",)),
    Unit("mV", _VOLTAGE, "millivolt", "mV", (), ("millivolt",)),
    Unit("V", _VOLTAGE, "volt", "V", (), ("volt",)),
    Unit("mA", _CURRENT, "milliampere", "mA", (), ("milliampere",)),
    Unit("A", _CURRENT, "ampere", "A", (), ("ampere",)),
    Unit("Hz", _FREQUENCY, "hertz", "Hz", (), ("hertz",)),
    Unit("L/s", _FLOW, "liter/second", "L/s", ("l/s",)),
    Unit("L/min", _FLOW, "liter/minute", "L/min", ("l/min",)),
    Unit("m³/s", _FLOW, "meter**3/second", "m3/s"),
    Unit("m³/h", _FLOW, "meter**3/hour", "m3/h"),
    # The gallon of the United States.
    Unit(
        "gpm", _FLOW, "gallon/minute", "[gal_us]/min", ("gal/min", "GPM"), ("gallons per minute",)
    ),
    Unit("MGD", _FLOW, "megagallon/day", "10*6.[gal_us]/d", ("mgd",), ("million gallons per day",)),
    Unit("cfs", _FLOW, "foot**3/second", "[cft_i]/s", ("ft³/s", "CFS"), ("cubic feet per second",)),
    Unit("L", _VOLUME, "liter", "L", ("l",), ("liter", "litre")),
    Unit("m³", _VOLUME, "meter**3", "m3", (), ("cubic meter",)),
    Unit("gal", _VOLUME, "gallon", "[gal_us]", (), ("gallon",)),
    Unit("cm/s", _SPEED, "centimeter/second", "cm/s"),
    Unit("m/s", _SPEED, "meter/second", "m/s"),
    Unit("ft/s", _SPEED, "foot/second", "[ft_i]/s"),
    # Each a quantity of its own.
    Unit("pH", "acidity in pH", "", "[pH]", ("pH units",)),
    Unit("psu", "practical salinity", "", "", ("PSU",)),
    Unit("NTU", "turbidity in NTU", "", "[NTU]", ("ntu",)),
    Unit("FNU", "turbidity in FNU", "", "[FNU]", ("fnu",)),
    Unit("FTU", "turbidity in FTU", "", "", ("ftu",)),
    Unit("RFU", "fluorescence in RFU", "", "", ("rfu",)),
    Unit("RHU", "fluorescence in RHU", "", "", ("rhu",)),
)
"""All units that are known, by quantity."""


def find_unit(text: str) -> Unit | None:
    """Return the unit of a name as an instrument or a person writes it; None where it is unknown.

    >>> find_unit("mmHg").symbol
    'mm Hg'
    """
    return _BY_SPELLING.get(_spelling(text))


def known_unit(text: str) -> Unit:
    """Return the unit of a name.

    Raises:
        ConfigError: No unit is called so; the hint names the one that may be meant.
    """
    unit = find_unit(text)
    if unit is None:
        raise ConfigError(f"{text!r} is no unit that is known", hint=_near_miss(text))
    return unit


def checked_unit(text: str) -> str:
    """Return the name of a unit as it was written, without needless blanks.

    It is cheap: nothing is imported for it.

    Raises:
        ConfigError: As `known_unit`.
    """
    known_unit(text)
    return " ".join(text.split())


def _spelling(text: str) -> str:
    """Return one text for all ways of encoding a name; ASCII where there is a custom for it."""
    # NFKC makes one of the two µ and of the two Ω, and digits of super- and subscripts.
    joined = "".join(unicodedata.normalize("NFKC", text).split())
    return joined.replace("μ", "u").replace("Ω", "ohm").replace("^", "")


def _near_miss(text: str) -> str:
    close = near_misses(_spelling(text), list(_BY_WORD), most=1)
    known = [repr(_BY_WORD[each]) for each in close]
    return did_you_mean(known) or "docs/units.md lists all units"


_BY_SPELLING = {_spelling(name): unit for unit in UNITS for name in (unit.symbol, *unit.spellings)}

_BY_WORD = {
    _spelling(name).casefold(): unit.symbol
    for unit in UNITS
    for name in (*unit.words, *unit.spellings, unit.symbol)
}
