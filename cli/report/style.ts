// Copyright 2026 the Convlab authors. MIT license.

/**
 * The style sheet of a report: light and dark, from 360 pixels on, and on paper.
 *
 * @module
 */

/** Colours by what they are for: in light and in dark. */
const COLORS = {
  background: ["#ffffff", "#0d1117"],
  raised: ["#f6f8fa", "#151b23"],
  text: ["#1f2328", "#f0f6fc"],
  muted: ["#59636e", "#9198a1"],
  line: ["#d1d9e0", "#3d444d"],
  link: ["#0969da", "#4493f8"],
} as const;

function variables(theme: 0 | 1): string {
  return Object.entries(COLORS)
    .map(([name, colors]) => `--${name}:${colors[theme]}`).join(";");
}

/** The style sheet. */
export const STYLE = `
:root{color-scheme:light dark;${variables(0)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--background);color:var(--text);font:16px/1.5 Inter,system-ui,"Segoe UI","Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
footer{padding-top:1rem;padding-bottom:3rem;color:var(--muted);font-size:.875rem}
h1{margin:0;font-size:2rem;line-height:1.2;overflow-wrap:anywhere}
h2{margin:3rem 0 1rem;padding-bottom:.35rem;border-bottom:1px solid var(--line);font-size:1.35rem}
h3{margin:1.75rem 0 .5rem;font-size:1.05rem}
p{margin:.6rem 0;max-width:44rem;overflow-wrap:anywhere}
.about,.missing,figcaption{color:var(--muted)}
.missing{padding:.6rem .9rem;border-left:4px solid var(--line);background:var(--raised)}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:1.25rem 0 0;padding:0;list-style:none;font-size:.925rem}
a{color:var(--link)}
.figures{display:grid;grid-template-columns:repeat(3,1fr);gap:.75rem;margin:1.5rem 0 0;padding:0;list-style:none}
.figures.of-4{grid-template-columns:repeat(4,1fr)}
.figures li{padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--raised)}
.figures .value{display:block;font-size:1.5rem;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
.figures .name{color:var(--muted);font-size:.875rem}
.facts{margin:0;columns:22rem 2;column-gap:2.5rem}
.facts div{display:grid;grid-template-columns:9.5rem 1fr;gap:0 1rem;padding:.35rem 0;border-bottom:1px solid var(--line);break-inside:avoid}
.facts dt{color:var(--muted);overflow-wrap:anywhere}
.facts dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
.scroll:focus-visible,pre:focus-visible,a:focus-visible,summary:focus-visible{outline:2px solid var(--link);outline-offset:2px}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .75rem .35rem 0;border-bottom:1px solid var(--line);vertical-align:top}
thead th{color:var(--muted);font-weight:500;white-space:nowrap;vertical-align:bottom}
tbody th{font-weight:500}
tfoot th,tfoot td{font-weight:600;border-bottom:0}
.number+.text{padding-left:1.5rem}
.text{text-align:left}.number{text-align:right;white-space:nowrap}
td.text,th.text{min-width:4.5rem}
code,pre{font:.875rem/1.6 ui-monospace,SFMono-Regular,Consolas,"Liberation Mono",monospace}
td code,dd code,p code{overflow-wrap:anywhere}
pre{margin:.75rem 0;padding:.9rem 1rem;border:1px solid var(--line);border-radius:.5rem;background:var(--raised);white-space:pre-wrap;overflow-wrap:anywhere;user-select:all;-webkit-user-select:all}
.option{white-space:nowrap}
figure{margin:1rem 0}
figure svg{display:block;max-width:100%;height:auto}
figcaption{margin-top:.6rem;font-size:.875rem;max-width:44rem}
.picture{min-width:34rem;max-width:45rem}
.narrow{display:none}
img{display:block;image-rendering:pixelated}
.pixels img{width:min(100%,26rem);height:auto}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(7.5rem,1fr));gap:1.25rem 1rem;margin:0;padding:0;list-style:none}
.gallery li{font-size:.875rem;line-height:1.35;overflow-wrap:anywhere}
.gallery img{width:100%;height:auto;margin-bottom:.35rem}
.gallery span{display:block}
details{margin:1rem 0}
summary{cursor:pointer;color:var(--link)}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:40rem){
main,header,footer{padding-left:1rem;padding-right:1rem}
header{padding-top:1.5rem}
h1{font-size:1.6rem}
.narrow{display:block}.wide{display:none}
.figures,.figures.of-4{grid-template-columns:repeat(2,1fr)}
.gallery{grid-template-columns:repeat(auto-fill,minmax(5.75rem,1fr))}
}
@media print{
nav{display:none}
main,header,footer{max-width:none;padding:0}
h2,h3{break-after:avoid}
figure svg,tr,.figures li,.gallery li,pre{break-inside:avoid}
.scroll{overflow:visible}
body{font-size:11pt}
.picture{min-width:0}
}
`;
