/** What charts are drawn with: the part of a canvas's context that they use. */
export type Pen = Pick<
  CanvasRenderingContext2D,
  | "arc" | "beginPath" | "clip" | "closePath" | "fill" | "fillRect" | "fillStyle" | "fillText" | "font" | "globalAlpha"
  | "lineCap" | "lineJoin" | "lineTo" | "lineWidth" | "measureText" | "moveTo" | "rect" | "restore" | "rotate" | "save"
  | "setLineDash" | "stroke" | "strokeStyle" | "textAlign" | "textBaseline" | "translate"
>;
