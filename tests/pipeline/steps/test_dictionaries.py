from pond_pipeline.hydrovu import Names
from pond_pipeline.simulator import Faults
from pond_pipeline.steps.dictionaries import dictionaries, read_names
from tests.pipeline.steps.station import LOCATION, Station, a_dictionary

UNITS, PARAMETERS, LOCATIONS = a_dictionary().outputs


def test_units_and_parameters_are_rows_of_id_and_name(station: Station) -> None:
    with station.client() as client:
        tables = dictionaries(a_dictionary(), station.pond.snapshot(), client)
    assert tables[UNITS].to_pylist() == [
        {"id": "1", "name": "C"},
        {"id": "2", "name": "F"},
        {"id": "35", "name": "m"},
    ]
    assert tables[PARAMETERS].to_pylist() == [
        {"id": "1", "name": "Temperature"},
        {"id": "3", "name": "Depth"},
    ]


def test_a_location_says_where_the_instrument_stands(station: Station) -> None:
    with station.client() as client:
        tables = dictionaries(a_dictionary(), station.pond.snapshot(), client)
    assert tables[LOCATIONS].to_pylist() == [
        {
            "id": LOCATION,
            "name": "Pier",
            "description": "",
            "latitude": 39.4,
            "longitude": -123.8,
        }
    ]


def test_locations_are_in_the_order_of_their_ids_whatever_the_order_of_the_api(
    station: Station,
) -> None:
    station.serve(page_days=400, faults=Faults(factory_location=True))
    with station.client() as client:
        ids = dictionaries(a_dictionary(), station.pond.snapshot(), client)[LOCATIONS][
            "id"
        ].to_pylist()
    assert len(ids) == 2
    assert ids == sorted(ids)


def test_stored_names_read_back(station: Station) -> None:
    station.learn_names()
    names = read_names(station.pond.snapshot(), units=UNITS, parameters=PARAMETERS)
    assert names == Names(
        parameters={"1": "Temperature", "3": "Depth"}, units={"1": "C", "2": "F", "35": "m"}
    )
