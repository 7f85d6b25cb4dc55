"""A real browser without a screen, and a plain client, for the dashboard."""

import base64
import http.cookiejar
import re
import time
import urllib.error
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Client:
    """Logs in by the form, and keeps the session's cookie as a browser does."""

    def __init__(self, gateway, key=None):
        self.base = gateway.admin
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.jar), NoRedirects)
        if key:
            assert self.post("/login", {"key": key, "next": "/"}).status == 303

    def open(self, request):
        try:
            return self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            return error

    def get(self, path, headers=None):
        return self.open(urllib.request.Request(self.base + path, headers=headers or {}))

    def text(self, path):
        reply = self.get(path)
        assert reply.status == 200, (path, reply.status, reply.read()[:500])
        return reply.read().decode()

    def post(self, path, fields, headers=None):
        return self.open(urllib.request.Request(
            self.base + path, urllib.parse.urlencode(fields).encode(), headers or {}))

    def form_token(self, path="/"):
        return re.search(r'name="form_token" value="(\w+)"', self.text(path))[1]


class Browser:
    def __init__(self):
        options = Options()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu",
                         "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.binary_location = "/usr/bin/chromium"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.base = None

    def quit(self):
        self.driver.quit()

    def look(self, width, dark):
        """As a screen of this width, in light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500})
        scheme = "dark" if dark else "light"
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def log_in(self, gateway, key):
        self.base = gateway.admin
        self.driver.delete_all_cookies()
        self.open("/")
        self.find("#key").send_keys(key)
        self.go(self.find("main button"))

    def open(self, path):
        self.driver.get(self.base + path)

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def go(self, element):
        """Clicks on what leads to another page, and waits until that is there."""
        self.run("window.isOld = true")
        element.click()
        deadline = time.time() + 30
        while True:
            try:
                if self.run("return !window.isOld && document.readyState === 'complete'"):
                    return
            except WebDriverException:
                pass
            assert time.time() < deadline, "no other page came"
            time.sleep(0.02)

    def follow(self, text):
        self.go(self.driver.find_element(By.LINK_TEXT, text))

    def run(self, script):
        return self.driver.execute_script(script)

    def complaints(self):
        """What the browser says of scripts, policies and what could not be loaded."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if entry["level"] in ("SEVERE", "WARNING")]

    def screenshot(self, path, height=2400):
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {
            "captureBeyondViewport": True, "clip": {
                "x": 0, "y": 0, "width": size["cssLayoutViewport"]["clientWidth"],
                "height": min(height, size["cssContentSize"]["height"]), "scale": 1}})
        path.write_bytes(base64.b64decode(picture["data"]))
