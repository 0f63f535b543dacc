"""A plugin that takes its time is named while it loads; one that does not, never."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager

from metabench.plugin.absence import slow_complaint
from metabench.plugin.catalog import load_catalog
from metabench.plugin.local import read_local_files
from metabench.plugin.status import PluginStatus
from metabench.plugin.watch import name_slow

SLOW = PluginStatus("entry", "module", "bench-slow", "0.3")


def test_it_is_told_from_another_thread_while_the_one_that_loads_is_busy():
    told = threading.Event()
    named = []

    def tell(plugin):
        named.append((plugin, threading.current_thread() is threading.main_thread()))
        told.set()

    with name_slow(tell, seconds=0.01)(SLOW):
        assert told.wait(10)

    assert named == [(SLOW, False)]


def test_nothing_is_told_of_a_plugin_that_loads_in_time():
    named = []
    with name_slow(named.append, seconds=0.2)(SLOW):
        pass
    time.sleep(0.4)

    assert named == []


def test_each_plugin_is_watched_for_as_long_as_it_loads_and_a_blocked_one_is_not(tmp_path):
    path = tmp_path / "my_idea.py"
    path.write_text("raise RuntimeError('out of ideas')")
    begun, ended = [], []

    @contextmanager
    def watch(plugin):
        begun.append(plugin.name)
        yield
        ended.append(plugin.name)

    catalog = load_catalog(
        files=read_local_files([path]), watch=watch, blocked=frozenset({"metabench-samplers"})
    )

    assert begun == ended, "one that raises is watched to its end too"
    assert set(begun) == {plugin.name for plugin in catalog.plugins if plugin.state != "blocked"}
    assert "my_idea" in begun
    assert "metabench-samplers" not in begun


def test_the_complaint_names_the_ways_to_leave_it_out_that_there_are():
    installed = slow_complaint(SLOW, seconds=5.0)
    local = slow_complaint(PluginStatus("idea", "metabench_local_idea", "local", "1"), seconds=5.0)

    assert "set METABENCH_DISABLE_PLUGINS=bench-slow or use -P no:bench-slow" in installed
    assert local.endswith("stop with Ctrl-C and use -P no:idea")


def test_what_comes_with_metabench_is_not_to_be_left_out():
    own = PluginStatus("builtin", "metabench.builtin", "metabench", "1")

    said = slow_complaint(own, seconds=5.0)

    assert said == "metabench itself is still loading after 5 s; wait, or look at the disk"
