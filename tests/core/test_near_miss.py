from itertools import product

from pond_core import did_you_mean, near_misses

MANY = [f"Instrument-{number:05d}" for number in range(20_000)]


def test_the_closest_name_comes_first() -> None:
    assert near_misses("Warf", ["Wharfs", "Harbor", "Wharf"]) == ["Wharf", "Wharfs"]


def test_what_goes_on_from_a_name_comes_before_what_is_close_to_it() -> None:
    known = ["Tempo", "timestamp", "Temperature.C", "Tem"]
    assert near_misses("temp", known, most=2) == ["Tempo", "Temperature.C"]


def test_upper_and_lower_case_are_the_same() -> None:
    assert near_misses("WHARF", ["Wharf"]) == ["Wharf"]


def test_nothing_is_named_where_nothing_is_close() -> None:
    assert (near_misses("x", ["Wharf"]), did_you_mean([])) == ([], "")


def test_of_very_many_names_one_letter_too_much_is_found_wherever_it_is() -> None:
    for mistaken in ("Insstrument-12345", "instrument-12345x", "Instrument 12345"):
        assert near_misses(mistaken, MANY, most=1) == ["Instrument-12345"]


def test_of_very_many_names_upper_and_lower_case_are_the_same_too() -> None:
    many = ["".join(letters) for letters in product("abcdefghijklm", repeat=4)]
    assert near_misses("LKJA", many, most=1) == ["lkja"]


def test_of_very_many_names_one_that_is_alone_is_found() -> None:
    assert near_misses("Wahrf", [*MANY, "Wharf"], most=1) == ["Wharf"]
