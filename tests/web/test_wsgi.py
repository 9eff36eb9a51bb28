from paretocaps.web.wsgi import called


def test_the_answer_of_an_error_takes_the_place_of_the_one_that_was_begun():
    closed = []

    class Parts:
        def __iter__(self):
            return iter([b"a", b"b"])

        def close(self):
            closed.append(True)

    def application(environ, start_response):
        start_response("200 OK", [("A", "1")])
        start_response("500 Internal Server Error", [("B", "2")], (ValueError, ValueError(), None))
        return Parts()

    assert called(application, {}) == ("500 Internal Server Error", [("B", "2")], b"ab")
    assert closed == [True]
