import { renderFigure } from "./figure.ts";
console.log((await renderFigure({kind:"images",images:[{image:{width:1,height:1,channels:1,pixels:new Uint8Array(1)}}]},{format:"png"})).length, (await renderFigure({kind:"chart",panels:[{x:{title:"i"},y:{title:"loss"},series:[{y:[3,2,1],label:"a"}]}]},{format:"png"})).length);
