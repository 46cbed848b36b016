"""Style sheet of the report, and the script that moves one cursor over all plots and the map."""

STYLE = """
:root{color-scheme:light dark;--ink:#1b2430;--soft:#5b6675;--rule:#d7dde5;--paper:#fff;--wash:#f4f6f9;
--a:#0b62b8;--b:#c2410c;--c:#0f7a3d;--d:#7a3fb0;--e:#00838f;--f:#9c6500;--g:#b0307a;--h:#5f6b7a;--good:#0f7a3d;
--bad:#b42318;--warn:#b7791f}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebf2;--soft:#9aa7b8;--rule:#323c4a;--paper:#12171e;--wash:#1a212b;
--a:#62a8f5;--b:#f59e66;--c:#4ccb84;--d:#c39bf0;--e:#4dd0e1;--f:#e0b25a;--g:#f08cc4;--h:#aab4c2;--good:#4ccb84;
--bad:#ff8a7a;--warn:#e5b454}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:28px 20px 60px}h1{font-size:24px;margin:0 0 8px}
h2{font-size:17px;margin:32px 0 8px}p{margin:4px 0;color:var(--soft)}
.outcome{font-size:20px;font-weight:600}.outcome.good{color:var(--good)}.outcome.bad{color:var(--bad)}
.outcome span{font-weight:400;font-size:15px;color:var(--soft);margin-left:10px}
dl{display:flex;flex-wrap:wrap;gap:10px 28px;margin:16px 0;padding:14px 16px;background:var(--wash);border-radius:8px}
dl div{min-width:90px}dt{font-size:12px;color:var(--soft)}dd{margin:0;font-weight:600}
figure{margin:18px 0}figcaption{font-size:13px;color:var(--soft);margin:0 0 4px}
figcaption b{color:var(--ink);font-size:14px}
output{float:right;font-variant-numeric:tabular-nums;color:var(--ink)}svg{width:100%;height:auto;display:block}
.key{margin-left:12px;white-space:nowrap}
.key::before{content:"";display:inline-block;width:16px;border-top:3px solid;vertical-align:middle;
margin-right:5px}
.key.line0::before,.key.flown::before{color:var(--a)}.key.line1::before{color:var(--b)}
.key.line2::before{color:var(--c)}.key.line3::before{color:var(--d)}
.key.line4::before{color:var(--e)}.key.line5::before{color:var(--f)}.key.line6::before{color:var(--g)}
.key.line7::before{color:var(--h)}
.key.planned::before{color:var(--ink);border-top:1.5px dashed}
.map svg{background:var(--wash);border-radius:8px}.frame{fill:none;stroke:var(--rule)}
.grid{stroke:var(--rule);stroke-width:.7}
.tick{font-size:11px;fill:var(--soft)}
text.mode{font-size:10.5px;fill:var(--ink)}.leader{stroke:var(--rule)}
.tint0{fill:#7aa7d9}.tint1{fill:#8cc29a}.tint2{fill:#d9b36c}.tint3{fill:#b69ad6}.tint4{fill:#d98f8f}.tint5{fill:#7fc1bd}
rect.mode{opacity:.42}.found rect{fill:var(--warn);opacity:.16}.found.bad rect{fill:var(--bad);opacity:.16}
.found circle,.badge{fill:var(--warn);background:var(--warn)}
.found.bad circle,.bad .badge{fill:var(--bad);background:var(--bad)}
.found text{font-size:10px;font-weight:700;fill:var(--paper)}.found line{stroke:var(--ink);stroke-width:1}
.limit line{stroke:var(--bad);stroke-dasharray:5 4}.limit text{font-size:10.5px;fill:var(--bad)}
li{margin:3px 0}li.finding{list-style:none;margin:8px 0 8px -22px;padding-left:30px;position:relative}
li small{display:block;color:var(--soft)}
.badge{position:absolute;left:0;top:2px;width:19px;height:19px;border-radius:50%;
color:var(--paper);font-size:11px;font-weight:700;text-align:center;line-height:19px}
polyline{fill:none;stroke-width:1.6;stroke-linejoin:round}.line0,.flown{stroke:var(--a)}.line1{stroke:var(--b)}
.line2{stroke:var(--c)}.line3{stroke:var(--d)}.line4{stroke:var(--e)}.line5{stroke:var(--f)}.line6{stroke:var(--g)}
.line7{stroke:var(--h)}
.planned{stroke:var(--ink);stroke-dasharray:6 5;stroke-width:1.3}
.map polyline.flown{stroke-width:5;opacity:.55}
circle.item{fill:var(--paper);stroke:var(--good);stroke-width:2}circle.item.missed{stroke:var(--bad)}
text.item{font-size:10px;font-weight:600;fill:var(--ink)}.home{fill:var(--ink)}.north path{fill:var(--ink)}
.north text{font-size:11px;fill:var(--ink)}.scale{fill:none;stroke:var(--ink);stroke-width:1.5}
.cursor{stroke:var(--ink);stroke-width:1}.here{fill:var(--b);stroke:var(--paper);stroke-width:2}
table{border-collapse:collapse;width:100%;font-size:13.5px}th,td{text-align:left;padding:4px 10px 4px 0;
border-bottom:1px solid var(--rule);vertical-align:top;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:500}.grave td{color:var(--bad)}
.record td{font-family:ui-monospace,monospace;font-size:12px;word-break:break-all}
@media print{main{max-width:none;padding:0}figure,tr{break-inside:avoid}output,.cursor,.here{display:none}}
"""

SCRIPT = """
const plots=[...document.querySelectorAll('.plot')].map(f=>({f,svg:f.querySelector('svg'),
cursor:f.querySelector('.cursor'),
 out:f.querySelector('output'),span:+f.dataset.span,points:JSON.parse(f.dataset.points)}));
const map=document.querySelector('.map'),here=map&&map.querySelector('.here'),track=map&&JSON.parse(map.dataset.track);
function near(times,t){let a=0,b=times.length-1;while(a<b){const m=a+b>>1;times[m]<t?a=m+1:b=m}
 return a&&t-times[a-1]<times[a]-t?a-1:a}
function show(t){for(const p of plots){const x=52+(860-64)*t/p.span;p.cursor.setAttribute('x1',x);
p.cursor.setAttribute('x2',x);
 p.out.textContent=Math.floor(t/60)+':'+String(Math.floor(t%60)).padStart(2,'0')+'  '+
 Object.entries(p.points).map(([n,[ts,vs]])=>n.split(' ')[0]+' '+vs[near(ts,t)]).join('  ')}
 if(track){const i=near(track.t,t);here.setAttribute('cx',track.x[i]);here.setAttribute('cy',track.y[i])}}
for(const p of plots)p.svg.addEventListener('pointermove',e=>{const r=p.svg.getBoundingClientRect();
 const x=(e.clientX-r.left)*860/r.width;show(Math.max(0,Math.min(p.span,(x-52)/(860-64)*p.span)))});
"""
