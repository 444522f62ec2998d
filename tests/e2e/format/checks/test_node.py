def test_python_is_there(host):
    assert host.file("/usr/bin/python3").exists


def test_the_app_is_there(host):
    assert host.file("/case/app.conf").contains("port=1234")
