/** The page carries its style: it is one file to be sent around. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5c6670; --paper: #fff; --panel: #f6f7f9; --rule: #e1e5ea;
  --good: #14804a; --bad: #c62828; --warn: #a15c00; --accent: #2f5bea; --area: #b9c9ff; --wait: #f1d19b; --wait-line: #b7791f; --life: #9fb3c8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaee; --soft: #9aa4af; --paper: #14171b; --panel: #1c2026; --rule: #2d333b;
  --good: #4cc38a; --bad: #ff7b72; --warn: #e3b341; --accent: #8aa4ff; --area: #2b3f7d; --wait: #5b4720; --wait-line: #e3b341; --life: #4a5b6d; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1140px; margin: 0 auto; padding: 32px 20px 80px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 19px; margin: 0; line-height: 1.3; }
.sub, .meta { color: var(--soft); margin: 0; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 24px 0; }
.figure { background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 12px 14px; }
.figure b { display: block; font-size: 25px; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figure span { color: var(--soft); font-size: 13px; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 10px 6px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; color: var(--soft); font-size: 13px; }
td.number, th.number { text-align: right; }
section { margin-top: 44px; }
.head { display: flex; gap: 12px; align-items: baseline; flex-wrap: wrap; border-top: 2px solid var(--rule); padding-top: 14px; }
.badge { font-size: 12px; font-weight: 600; border: 1px solid currentColor; border-radius: 99px; padding: 1px 9px; white-space: nowrap; }
.chart { width: 100%; height: auto; margin: 14px 0 4px; display: block; background: var(--panel); border: 1px solid var(--rule); border-radius: 10px; padding: 10px; }
.chart text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.chart .title { fill: var(--ink); font-weight: 600; }
.chart .lane { font-size: 10px; }
.grid { stroke: var(--rule); }
polygon.committed, .legend.committed rect { fill: var(--area); } polyline.accepted { fill: none; stroke: var(--accent); stroke-width: 1.3; } .legend.accepted rect { fill: var(--accent); }
polygon.waiting, .legend.waiting rect { fill: var(--wait); } polyline.active { fill: none; stroke: var(--wait-line); stroke-width: 1.3; } .legend.active rect { fill: var(--wait-line); }
.life { fill: var(--life); }
.fault line { stroke: var(--tone); stroke-width: 1; opacity: 0.28; } .fault rect { fill: var(--tone); } .fault text { fill: #fff; font-size: 9px; font-weight: 600; }
.fault .recovery { opacity: 0.45; }
.key { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 4px 0 14px; color: var(--soft); font-size: 12.5px; } .key i { display: inline-block; width: 10px; height: 10px; border-radius: 2px; background: var(--tone); margin-right: 5px; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--soft); }
.list { columns: 2; column-gap: 32px; padding: 0; margin: 8px 0; list-style: none; font-size: 13px; } .list li { break-inside: avoid; padding: 1px 0; } .list b { display: inline-block; min-width: 66px; font-variant-numeric: tabular-nums; font-weight: 600; }
.wide { overflow-x: auto; }
@media (max-width: 700px) { .figures { grid-template-columns: repeat(2, 1fr); } .list { columns: 1; } main { padding: 20px 14px 60px; } .chart { min-width: 760px; } }
`;
