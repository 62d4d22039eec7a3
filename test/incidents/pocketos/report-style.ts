/** The report's style sheet: no external resource, light and dark by the reader's own setting. */
export const STYLE = `
:root { color-scheme: light dark; --bg: #fbfbfa; --card: #ffffff; --text: #1d2126; --soft: #5c6570; --line: #dfe3e8;
  --lost: #c62f3b; --kept: #2f8f5b; --trip: #b06a00; --refused: #1f7a4d; --verified: #1f7a4d; --revoked: #1b6fb0; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171b; --card: #1b2026; --text: #e6e9ed; --soft: #98a2ae; --line: #2e353d;
  --lost: #ff6b74; --kept: #57c98a; --trip: #f0b14a; --refused: #57c98a; --verified: #57c98a; --revoked: #62b3f0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 940px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 8px; } h2 { font-size: 19px; margin: 0; } h3 { font-size: 14px; margin: 22px 0 6px; }
p { margin: 6px 0; max-width: 72ch; } .soft { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 22px; margin: 20px 0; }
.head { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: baseline; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px; margin: 16px 0 6px; }
.figure { border-left: 3px solid var(--line); padding-left: 10px; } .figure b { display: block; font-size: 19px; }
.figure span { color: var(--soft); font-size: 13px; } .bad b { color: var(--lost); } .good b { color: var(--kept); }
.cells { display: flex; flex-wrap: wrap; gap: 6px; margin: 12px 0 2px; padding: 0; list-style: none; }
.cells li { width: 30px; height: 30px; border-radius: 6px; display: grid; place-items: center; font-size: 12px; color: var(--card); background: var(--kept); }
.cells li.lost { background: var(--lost); text-decoration: line-through; }
svg { width: 100%; min-width: 640px; height: auto; display: block; } .grid { stroke: var(--line); } .axis { fill: var(--soft); font-size: 12px; }
.line { fill: none; stroke: var(--lost); stroke-width: 2.5; } .area { fill: var(--lost); opacity: .12; } .loss { fill: var(--lost); }
.mark { stroke-width: 2; stroke-dasharray: 4 3; } .lead { fill: none; stroke-width: 1; } .label { font-size: 12px; font-weight: 600; }
.mark.trip, .lead.trip { stroke: var(--trip); } .label.trip { fill: var(--trip); }
.mark.revoked, .lead.revoked { stroke: var(--revoked); } .label.revoked { fill: var(--revoked); }
.mark.refused, .lead.refused { stroke: var(--refused); } .label.refused { fill: var(--refused); }
.mark.verified, .lead.verified { stroke: var(--verified); } .label.verified { fill: var(--verified); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: 14px; }
td, th { text-align: left; padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; } td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
blockquote { margin: 6px 0; padding: 10px 14px; border-left: 3px solid var(--trip); background: var(--bg); white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin-top: 14px; } summary { cursor: pointer; color: var(--soft); }
.kind-lost { color: var(--lost); } .kind-trip { color: var(--trip); } .kind-refused, .kind-verified { color: var(--verified); } .kind-revoked, .kind-alert { color: var(--revoked); }
`;
