"""The defences against a camera or recorder that answers what it likes."""

from __future__ import annotations

from typing import Final

from mutants.model import Mutant

_FUZZ: Final = "test_fuzz.py::test_a_parser_returns_or_raises_what_it_documents_whatever_it_is_given"

DEVICES: Final = (
    Mutant(
        name="answer-bytes",
        row="sends malformed XML",
        file="drivers/http/transport.py",
        text="            if max(came, size) > request.max_bytes:\n",
        mutated="            if False:\n",
        test="test_onvif_hostile.py::test_a_hostile_device_is_read_to_reasons_within_its_deadline",
    ),
    Mutant(
        name="xml-broken",
        row="sends malformed XML",
        file="drivers/onvif/soap.py",
        text="        except (onvif.ONVIFError, AttributeError) as error:\n",
        mutated="        except AttributeError as error:\n",
        test="test_onvif_hostile.py::test_a_hostile_device_is_read_to_reasons_within_its_deadline",
    ),
    Mutant(
        name="xml-two-answers",
        row="sends malformed XML",
        file="drivers/onvif/reply.py",
        text="    if len(bodies) != 1:\n",
        mutated="    if not bodies:\n",
        test="test_onvif_hostile.py::test_duplicated_elements_are_not_read_by_choosing_one",
    ),
    Mutant(
        name="corner-number",
        row="sends broken lists and made-up values",
        file="drivers/dahua/picture.py",
        text="    if not all(_is_within(value, GRID) for value in values):\n",
        mutated="    if not all(values):\n",
        test="test_dahua_hostile.py::test_no_made_up_answer_raises_anything_but_ours",
    ),
    Mutant(
        name="login-wrong",
        row="refuses good logins",
        file="drivers/credentials.py",
        text='                if entry.state == "wrong":\n',
        mutated="                if False:\n",
        test="test_login_counting.py::"
        "test_a_wrong_secret_is_one_failed_login_in_hours_of_cycles_over_restarts_and_so_is_the_next",
    ),
    Mutant(
        name="login-forgotten",
        row="refuses good logins",
        file="drivers/credentials.py",
        text="            del self._entries[key]\n        self._save()\n",
        mutated="            del self._entries[key]\n",
        test="test_login_counting.py::"
        "test_a_wrong_secret_is_one_failed_login_in_hours_of_cycles_over_restarts_and_so_is_the_next",
    ),
    Mutant(
        name="fuzz-isapi",
        row="sends any bytes at all",
        file="drivers/http/xml_answer.py",
        text="    except (etree.XMLSyntaxError, ValueError):\n",
        mutated="    except ValueError:\n",
        test=f"{_FUZZ}[isapi]",
    ),
    Mutant(
        name="fuzz-cgi",
        row="sends any bytes at all",
        file="drivers/http/json_answer.py",
        text="    except (ValueError, RecursionError):\n",
        mutated="    except RecursionError:\n",
        test=f"{_FUZZ}[cgi]",
    ),
    Mutant(
        name="fuzz-rtsp",
        row="sends any bytes at all",
        file="drivers/rtsp/sdp.py",
        text="            except (binascii.Error, ValueError):\n",
        mutated="            except RecursionError:\n",
        test=f"{_FUZZ}[rtsp]",
    ),
    Mutant(
        name="fuzz-mqtt",
        row="sends any bytes at all",
        file="agent/deliver/publish/packet.py",
        text="    except (IndexError, UnicodeDecodeError):\n",
        mutated="    except IndexError:\n",
        test=f"{_FUZZ}[mqtt]",
    ),
    Mutant(
        name="fuzz-units",
        row="sends any bytes at all",
        file="masking/bitstream/bits.py",
        text="        if one < 0 or one + zeros >= len(self._text):\n",
        mutated="        if False:\n",
        test=f"{_FUZZ}[units]",
    ),
    Mutant(
        name="event-elsewhere",
        row="names the address of an event's picture",
        file="drivers/address.py",
        text="    return None if is_foreign(where, device, own_hosts) or where.port != device.port else where\n",
        mutated="    return where\n",
        test="test_offered_pictures.py::test_another_host_and_another_port_are_never_asked",
    ),
    Mutant(
        name="told-picture-unproven",
        row="sends, beside its stream, a picture",
        file="agent/observe/pictures/judge.py",
        text="        if shows == picture.camera_id:\n",
        mutated="        if judged:\n",
        test="test_told_pictures.py::test_what_is_not_the_approved_view_proves_nothing",
    ),
)
