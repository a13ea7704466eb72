#!/bin/sh
# What tests need from outside Python, fetched once where that is possible; tests that go without say so when they are skipped.
cache=${1:-.cache}
mkdir -p "$cache"

if ! command -v erl >/dev/null || ! command -v /usr/sbin/ejabberdctl >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing ejabberd, the LVAlert server of the tests (once)"
        export DEBIAN_FRONTEND=noninteractive
        install="apt-get install -qq -y --no-install-recommends ejabberd"
        { $install || { apt-get update -qq && $install; }; } >"$cache/apt.log" 2>&1 ||
            echo "ejabberd could not be installed ($cache/apt.log tells why): tests over XMPP will be skipped"
    else
        echo "ejabberd is not installed, and only root can install it: tests over XMPP will be skipped"
    fi
fi

if ! command -v chromium >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing chromium, in which the page is looked at (once)"
        export DEBIAN_FRONTEND=noninteractive
        install="apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core"
        { $install || { apt-get update -qq && $install; }; } >"$cache/apt-chromium.log" 2>&1 ||
            echo "chromium could not be installed ($cache/apt-chromium.log tells why): tests of the page in a browser will be skipped"
    else
        echo "chromium is not installed, and only root can install it: tests of the page in a browser will be skipped"
    fi
fi

# ligo-lvalert, the historical client, runs on Python up to 3.9.
if [ ! -x "$cache/lvalert/bin/lvalert" ]; then
    for python in python3.9 "$HOME"/.pyenv/versions/3.9*/bin/python3.9; do
        "$python" --version >/dev/null 2>&1 || continue
        echo "making an environment for ligo-lvalert, the historical client (once)"
        rm -rf "$cache/lvalert"
        { "$python" -m venv "$cache/lvalert" && pip="$cache/lvalert/bin/pip install --disable-pip-version-check" &&
            $pip 'setuptools<58' wheel && $pip --no-build-isolation sleekxmpp==1.3.3 &&
            $pip pyasn1==0.3.7 pyasn1-modules==0.1.5 six numpy safe-netrc dnspython &&
            $pip --no-deps --no-build-isolation ligo-lvalert==1.5.6 ligo-common; } >"$cache/lvalert.log" 2>&1 && break
        echo "ligo-lvalert could not be installed ($cache/lvalert.log tells why)"
        rm -rf "$cache/lvalert"
    done
    [ -x "$cache/lvalert/bin/lvalert" ] || echo "no ligo-lvalert: tests against it will be skipped"
fi
exit 0
