"""Tests a page in headless Chromium: no message in the console, no request to any network, values equal
to the records, filters, sorting, links, keyboard, phone, print, and the rules of
axe-core. An altered page must be detected. Screenshots are written to the folder.

Usage: page_acceptance.py PAGE RECORDS FOLDER"""
import csv
import json
import pathlib
import re
import shutil
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

READERS = [  # name, width, height, colours
    ("light", 1280, 900, "light"), ("dark", 1280, 900, "dark"), ("phone", 390, 844, "light"),
    ("phone-dark", 390, 844, "dark")]
TIME_HEAD = "#benches thead th:nth-child(5)"
faults = []


def expect(what, got, expected):
    if got != expected:
        faults.append(f"{what}: got {got!r}, expected {expected!r}")


class Reader:
    """One window on the page, with all messages of the console and all requests to the network."""

    def __init__(self, browser, name, width, height, colours):
        self.name = name
        self.context = browser.new_context(viewport={"width": width, "height": height},
                                           color_scheme=colours)
        self.page = self.context.new_page()
        self.messages = []
        self.page.on("console", lambda message: self.messages.append(message.text))
        self.page.on("pageerror", lambda error: self.messages.append(str(error)))
        self.page.on("request", lambda request: None if request.url.startswith("file:")
                     else self.messages.append(f"requested {request.url[:80]}"))

    def open(self, file, fragment=""):
        self.page.goto("about:blank")
        self.page.goto(f"file://{file}{fragment}")
        self.page.wait_for_selector("#environments table")

    def rows(self, table):
        """Each line of a table: its id and the full values of its cells."""
        return self.page.eval_on_selector_all(
            f"#{table} tbody tr", """lines => lines.map(l => [l.dataset.id,
                 Object.fromEntries([...l.children].filter(c => c.dataset.value !== undefined)
                   .map(c => [c.dataset.key, Number(c.dataset.value)])),
                 l.innerText])""")

    def show_all(self, table):
        button = self.page.locator(f"#{table}-more")
        if button.is_visible():
            button.click()

    def text(self, selector):
        return self.page.locator(selector).inner_text()

    def close(self):
        expect(f"{self.name}: console and network", self.messages, [])
        self.context.close()


def kernels_judged(records):
    return [r for r in records if r["row"] == "check" and r["kernel"] != "kv"]


def kernels_timed(records):
    return [r for r in records if r["row"] == "bench" and r["kernel"] != "model"]


def record_id(record):
    return f"{record['kernel']}/{record['variant']}/{record['axes']}"


def compare_values(reader, records):
    """Differences between the tables and the records."""
    differences = []
    for table, wanted, columns in (
            ("checks", kernels_judged(records), {"worst": "worst_error_ratio", "checked": "checked"}),
            ("benches", kernels_timed(records), {
                "time": "time_median_seconds", "floor": "percent_of_roofline", "ratio": "ratio_to_baseline"}),
            ("compareds", [r for r in records if r["row"] == "compare"], {
                "effect": "ratio_to_baseline", "interval": "ratio_low", "rounds": "round", "chance": "chance",
                "sees": "smallest_visible_ratio", "time": "time_median_seconds"})):
        reader.show_all(table)
        shown = sorted(((name, tuple(values.get(c) for c in columns))
                        for name, values, _ in reader.rows(table)), key=str)
        stated = sorted(((record_id(r), tuple(float(r[c]) if r[c] else None for c in columns.values()))
                         for r in wanted), key=str)
        if len(shown) != len(stated):
            differences.append(f"{table}: {len(shown)} lines, {len(stated)} records")
        differences += [f"{table}: got {a}, expected {b} as in the records" for a, b in zip(shown, stated) if a != b]
    return differences


def check_matrix(reader, records):
    """Compares the first matrix with counts over the records."""
    counts = {}
    for r in kernels_judged(records):
        if r["backend"] == "reference":
            continue
        tier = r["device"] or f"{r['cpu']}, {r['threads']} threads"
        key = f"{r['kernel']} {r['dtype']} on {tier}, {r['provenance']}"
        passed, ran = counts.get(key, (0, 0))
        counts[key] = (passed + (r["status"] == "passed"), ran + (r["status"] != "unsupported"))
    shown = dict(reader.page.eval_on_selector_all(
        "#matrix button[data-ran]", "b => b.map(e => [e.ariaLabel.split(':')[0],"
        " [Number(e.dataset.passed), Number(e.dataset.ran)]])"))
    expect("matrix", {k: tuple(v) for k, v in shown.items()}, counts)
    covered = reader.page.eval_on_selector_all("#matrix button[data-covered]", "b => b.map(e => e.innerText)")
    expect("covered cells", covered, ["✓ covered 1 by amd-gfx942 (w64)"])


def check_filters(reader, page, records):
    """A filter keeps the rows that match; its address shows the same rows in another window."""
    timed = [r for r in kernels_timed(records) if r["kernel"] == "linear"]
    reader.page.select_option("#bench-filters-kernel", "linear")
    expect("filter", reader.text("#bench-count"), f"{len(timed)} of {len(kernels_timed(records))} timed cases")
    reader.page.fill("#bench-filters-text", "bf16")
    timed = [r for r in timed if "bf16" in record_id(r)]
    for _ in range(2):
        reader.page.click(TIME_HEAD + " button")
    times = [values["time"] for _, values, _ in reader.rows("benches")]
    expect("sorted by time, longest first", times,
           sorted((float(r["time_median_seconds"]) for r in timed), reverse=True))
    fragment = reader.page.evaluate("location.hash")
    reader.open(page, fragment)
    expect(f"link {fragment}", [values["time"] for _, values, _ in reader.rows("benches")], times)
    top = reader.page.evaluate("document.getElementById('speed').getBoundingClientRect().top")
    if not -50 < top < 200:
        faults.append(f"link {fragment}: expected 'Speed' near the top of the window, got it at {top}")
    reader.open(page)
    cell = reader.page.locator("#matrix button.bad").first
    passed, ran = (int(cell.get_attribute(f"data-{key}")) for key in ("passed", "ran"))
    cell.click()
    reader.page.select_option("#check-filters-status", "incorrect")
    expect("cell of the matrix", len(reader.rows("checks")) <= ran - passed, True)
    reader.open(page, "#cases?cases.kernel=no_such_kernel&cases.sort=nothing")
    expect("a link to what is not here shows all", reader.text("#check-count").split(" ")[0],
           str(len(kernels_judged(records))))


def check_keyboard(reader, page):
    reader.open(page)
    reader.page.keyboard.press("Tab")
    expect("first stop", reader.page.evaluate("document.activeElement.className"), "skip")
    reader.page.keyboard.press("Enter")
    expect("after the skip link", reader.page.evaluate("document.activeElement.id"), "headline")
    reader.page.focus(TIME_HEAD + " button")
    reader.page.keyboard.press("Enter")
    expect("sorted with the keyboard",
           reader.page.get_attribute(TIME_HEAD, "aria-sort"), "ascending")
    reader.page.get_by_role("button", name="Dark", exact=True).click()
    expect("colours chosen", reader.page.evaluate("document.documentElement.dataset.theme"), "dark")


def check_rules(reader):
    results = Axe().run(reader.page, options={"resultTypes": ["violations"]})
    for rule in results.response["violations"]:
        for node in rule["nodes"][:3]:
            faults.append(f"{reader.name}: axe {rule['id']}: {rule['help']}: {node['html'][:160]}")


def altered(page, folder):
    """The same page with one time of its data changed."""
    text = pathlib.Path(page).read_text(encoding="utf-8")
    start = text.index('<script type="application/json" id="data">')
    found = re.compile(r'"time_median_seconds":(\d+\.\d+)').search(text, start)
    changed = text[:found.start(1)] + str(float(found.group(1)) * 1.01) + text[found.end(1):]
    file = pathlib.Path(folder) / "altered.html"
    file.write_text(changed, encoding="utf-8")
    return file


def main(page, records_file, folder):
    page = str(pathlib.Path(page).resolve())
    with open(records_file, encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    with sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, width, height, colours in READERS:
            reader = Reader(browser, name, width, height, colours)
            reader.open(page)
            check_rules(reader)
            expect(f"{name}: width of the page", reader.page.evaluate("document.documentElement.scrollWidth"),
                   width)
            expect(f"{name}: colours", reader.page.evaluate("document.documentElement.dataset.theme"), colours)
            reader.page.screenshot(path=f"{folder}/{name}.png", full_page=True)
            reader.close()
        reader = Reader(browser, "reader", 1280, 900, "light")
        reader.open(page)
        faults.extend(compare_values(reader, records))
        check_matrix(reader, records)
        check_filters(reader, page, records)
        check_keyboard(reader, page)
        reader.open(page)
        reader.page.pdf(path=f"{folder}/page.pdf", format="A4")
        reader.open(str(altered(page, folder)))
        found = compare_values(reader, records)
        expect("differences of an altered page", len(found), 1)
        reader.close()
        browser.close()
    print("\n".join(faults) if faults else "the page passes")
    print(json.dumps({"records": len(records), "faults": len(faults)}))
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except Exception:
        print("\n".join(faults))
        raise
