# SPDX-License-Identifier: MIT
# tests/bench/table.py - what was measured: ratios, values, curves
"""Lines are printed as they come, and written to bench.md and bench.svg at the
end."""
import os
import statistics
import subprocess

PLOT = """
set terminal svg noenhanced size 1100,{height} font 'sans,11' background 'white'
set output '{svg}'
set multiplot
set size 1,{bars}
set origin 0,{curves}
set title 'ratios to the peer, medians and quartiles; less is quicker'
set logscale x
set grid x
set xrange [0.003:300]
set yrange [{count}:-1]
set ytics scale 0
set key off
set arrow from 1,graph 0 to 1,graph 1 nohead lw 2
set style fill solid 0.4
plot '{data}' index 0 using 3:0:(1 < $3 ? 1 : $3):(1 < $3 ? $3 : 1):\\
	($0 - 0.35):($0 + 0.35):yticlabels(1) with boxxyerror lc rgb '#4477aa',\\
	'' index 0 using 3:0:2:4 with xerrorbars lc rgb '#222222' pt 7 ps 0.3
reset
set logscale xy
set grid
set key top left
"""


def quartiles(values):
    """The first, the median and the third."""
    if len(values) == 1:
        return values * 3
    return statistics.quantiles(values, n=4, method="inclusive")


def short(value):
    """A number in at most five digits, or as many as it has."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


class Table:
    """All lines."""

    def __init__(self):
        self.ratios = []   # name, peer, here, there, quartiles, unit, command
        self.values = []   # name, value, unit, command
        self.curves = []   # name, unit, [(x, y)], command
        self.missing = []  # what, why
        self.failed = []   # what, why

    def ratio(self, name, peer, pairs, unit, command):
        """One line: pairs of what was measured here and there, in turn."""
        here, there = (statistics.median(column) for column in zip(*pairs))
        found = quartiles([a / b for a, b in pairs])
        self.ratios.append((name, peer, here, there, found, unit, command))
        print(f"{name:38} {short(here):>8} {unit:4} {peer:18}"
              f"{short(there):>8} {found[1]:7.2f}"
              f"  {found[0]:.2f}-{found[2]:.2f}", flush=True)

    def value(self, name, value, unit, command):
        """One line without a peer."""
        self.values.append((name, value, unit, command))
        print(f"{name:38} {short(value):>8} {unit}", flush=True)

    def curve(self, name, unit, points, command):
        """How something grows."""
        self.curves.append((name, unit, points, command))
        print(f"{name:38} " + ", ".join(
            f"{x:,g}: {short(y)}" for x, y in points) + f" {unit}", flush=True)

    def lacks(self, what, why):
        """A peer that is not measured."""
        if (what, why) not in self.missing:
            self.missing.append((what, why))
            print(f"missing: {what}: {why}", flush=True)

    def fails(self, what, why):
        """Lines that could not be measured."""
        self.failed.append((what, why))
        print(f"failed: {what}: {why}", flush=True)

    def write(self, folder):
        """bench.md and bench.svg."""
        path = os.path.join(folder, "bench.md")
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(self.markdown()) + "\n")
        self.draw(os.path.join(folder, "bench.svg"))
        print(f"written to {path} and bench.svg")

    def markdown(self):
        """The lines of bench.md."""
        yield "| what | here | peer | there | ratio | quartiles | command |"
        yield "| --- | ---: | --- | ---: | ---: | --- | --- |"
        for name, peer, here, there, found, unit, command in self.ratios:
            yield (f"| {name} | {short(here)} {unit} | {peer} | {short(there)}"
                   f" {unit} | {found[1]:.2f} | {found[0]:.2f} to "
                   f"{found[2]:.2f} | `{cell(command)}` |")
        yield ""
        yield "| what | value | command |"
        yield "| --- | ---: | --- |"
        for name, value, unit, command in self.values:
            yield f"| {name} | {short(value)} {unit} | `{cell(command)}` |"
        yield ""
        yield "| growth | values | command |"
        yield "| --- | --- | --- |"
        for name, unit, points, command in self.curves:
            shown = ", ".join(f"{x:,g}: {short(y)}" for x, y in points)
            yield f"| {name}, {unit} | {shown} | `{cell(command)}` |"
        for word, lines in ("missing", self.missing), ("failed", self.failed):
            if lines:
                yield ""
                yield from (f"{word}: {what}: {cell(why)}  "
                            for what, why in lines)

    def draw(self, svg):
        """By gnuplot, from one file of data blocks."""
        if not self.ratios:
            return
        data = svg + ".data"
        with open(data, "w", encoding="utf-8") as file:
            for name, peer, _, _, found, _, _ in self.ratios:
                file.write(f'"{name} / {peer}" ' + " ".join(
                    map(str, found)) + "\n")
            for _, _, points, _ in self.curves:
                file.write("\n\n" + "".join(
                    f"{x} {max(y, 1e-3)}\n" for x, y in points))
        rows = (len(self.curves) + 2) // 3
        bars_px, curves_px = 60 + 17 * len(self.ratios), 260 * rows
        height = bars_px + curves_px
        text = PLOT.format(height=height, svg=svg, data=data,
                           bars=bars_px / height, curves=curves_px / height,
                           count=len(self.ratios))
        for i, (name, unit, _, _) in enumerate(self.curves):
            text += (f"set size 0.333,{260 / height}\n"
                     f"set origin {i % 3 / 3},"
                     f"{(rows - 1 - i // 3) * 260 / height}\n"
                     f"set title '{name}, {unit}'\n"
                     f"plot '{data}' index {i + 1} using 1:2 "
                     f"with linespoints notitle lc rgb '#4477aa' pt 7\n")
        try:
            subprocess.run(["gnuplot"], input=text.encode(), check=True,
                           timeout=60)
        except (OSError, subprocess.SubprocessError) as error:
            self.fails("bench.svg", error)
        finally:
            os.remove(data)


def cell(text):
    """Text for a cell of a table."""
    return str(text).replace("|", "\\|").replace("\n", " ").strip()
