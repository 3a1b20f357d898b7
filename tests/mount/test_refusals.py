# SPDX-License-Identifier: MIT
# tests/mount/test_refusals.py - a save reports that the API refused it
import unittest

from refusal import PLACES, WORDS, RefusalCase, says

# The rule, the errno of close, the text of the error file.
REFUSALS = {
    "400": (says(400), "EINVAL", WORDS),
    "401": (says(401), "EKEYREJECTED", WORDS),
    "401_expired": (says(401, "The key has expired"), "EKEYEXPIRED",
                    "The key has expired"),
    "402": (says(402), "EACCES", WORDS),
    "403": (says(403), "EACCES", WORDS),
    "404": (says(404), "ENOENT", WORDS),
    "409": (says(409), "EBUSY", WORDS),
    "409_taken": (says(409, "That name is taken"), "EEXIST",
                  "That name is taken"),
    "413": (says(413), "EFBIG", WORDS),
    "422": (says(422), "EINVAL", WORDS),
    "428": (says(428), "EPERM", ""),
    "500": (says(500), "EREMOTEIO", WORDS),
    "502": (says(502), "EREMOTEIO", WORDS),
    "503": (says(503), "EREMOTEIO", WORDS),
    "504": (says(504), "EREMOTEIO", WORDS),
    "500_without_words": ({"status": 500, "body": ""}, "EREMOTEIO", ""),
    "502_of_a_proxy": ({"status": 502, "body": "<html><h1>Bad Gateway</h1>",
                        "headers": {"Content-Type": "text/html"}},
                       "EREMOTEIO", ""),
    "redirect": ({"status": 302, "body": "",
                  "headers": {"Location": "http://127.0.0.1:1/"}},
                 "EPROTO", ""),
    "not_json": ({"status": 200, "body": "it worked"}, "EPROTO", ""),
    "half_json": ({"status": 200, "body": '{"success":true,"stdout":"x'},
                  "EPROTO", ""),
    "array": ({"status": 200, "body": [1, 2]}, "EPROTO", ""),
    "no_body": ({"status": 200, "body": ""}, "EPROTO", ""),
    "no_http": ({"garbage": True}, "EPROTO", ""),
    "closed_before": ({"close": "before"}, "ECONNRESET", ""),
    "closed_in_headers": ({"close": "headers"}, "EPROTO", ""),
}
# The errors after which the program may have run; a redirect says that it has
# not.
LOST = ("EREMOTEIO", "EPROTO", "ECONNRESET")


class Refusals(RefusalCase):
    """The errno of close, the reason in two files, the script kept."""

    def check(self, place, name, rule, error, words):
        """Tests one refusal of one save."""
        request = PLACES[place]
        path = f"{place}/{name}.py"
        self.server.fault({"method": "POST", "path": request[5:], **rule})
        self.assertEqual(self.save_error(path, "print('kept')\n"), error)
        self.check_told(f"{place}/{name}.py.job", request, error, words,
                        rule.get("status", 0))
        self.assertEqual("may have run" in self.read(path + ".job/error"),
                         error in LOST and name != "redirect")
        self.assertEqual(self.read(path), "print('kept')\n")
        self.assert_requests({request: 1})
        self.server.fault()
        self.save(path, "print('now')\n")
        self.assertEqual(self.read(path + ".job/stdout"), "now\n")


def add_refusals():
    """A test for each rule and each place."""
    for place in PLACES:
        for name, row in REFUSALS.items():
            setattr(Refusals, f"test_{place.split('/')[0]}_{name}",
                    lambda self, place=place, name=name, row=row:
                    self.check(place, name, *row))


add_refusals()
if __name__ == "__main__":
    unittest.main()
