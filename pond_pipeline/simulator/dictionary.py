"""The ids of parameters and units, as far as they are known.

They are the vendor's own: the ids of its Modbus manuals agree with those that accounts have seen.
"""

from collections.abc import Mapping

PARAMETERS: Mapping[str, str] = {
    "1": "Temperature",
    "2": "Pressure",
    "3": "Depth",
    "4": "Level: Depth to Water",
    "5": "Level: Elevation",
    "6": "Latitude",
    "7": "Longitude",
    "8": "Elevation",
    "9": "Actual Conductivity",
    "10": "Specific Conductivity",
    "11": "Resistivity",
    "12": "Salinity",
    "13": "Total Dissolved Solids",
    "14": "Density",
    "16": "Baro",
    "17": "pH",
    "18": "pH MV",
    "19": "ORP",
    "20": "DO",
    "21": "% Saturation O₂",
    "25": "Turbidity",
    "26": "Battery Voltage",
    "30": "Partial Pressure O₂",
    "32": "External Voltage",
    "33": "Battery Level",
    "45": "Pulse",
}
"""Names of parameters by id."""

UNITS: Mapping[str, str] = {
    "0": " ",
    "1": "C",
    "2": "F",
    "17": "psi",
    "19": "kPa",
    "20": "bar",
    "21": "mbar",
    "22": "mm Hg",
    "23": "in Hg",
    "24": "cm H₂O",
    "25": "in H₂O",
    "26": "torr",
    "27": "atm",
    "33": "mm",
    "34": "cm",
    "35": "m",
    "36": "km",
    "37": "in",
    "38": "ft",
    "49": "°",
    "65": "µS/cm",
    "66": "mS/cm",
    "81": "\u2126-cm",  # OHM SIGN, as the API has it; not the Greek letter, which NFC makes of it
    "97": "psu",
    "113": "ppm",
    "114": "ppt",
    "117": "mg/L",
    "129": "g/cm³",
    "145": "pH",
    "162": "mV",
    "163": "V",
    "177": "% sat",
    "194": "NTU",
    "241": "%",
    "322": "Hz",
}
"""Names of units by id."""

FIRST_MADE_UP_ID = 1001
"""Ids from here on are the simulator's own, for names whose ids nobody knows."""
