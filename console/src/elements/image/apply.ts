/** Pictures that come one after the other; one of a step that is there takes its place. */
import type { Image, Picture } from "../../protocol/deck.gen";
import type { Applying } from "../kind";

/** The lists of pictures that are the document's own, with the state that has all of each. */
const OWN = new WeakMap<Image["pictures"], Image>();

export const applying: Applying<Image> = {
  extend(before, more) {
    const pictures = OWN.get(before.pictures) === before ? (before.pictures as Picture[]) : [...before.pictures];
    for (const picture of more.pictures) {
      const place = placeOf(pictures, picture.step ?? null);
      if (place < 0) pictures.push(picture);
      else pictures[place] = picture;
    }
    const after = { ...before, pictures };
    OWN.set(pictures, after);
    return after;
  },
  own(image) {
    OWN.set(image.pictures, image);
  },
  keep({ pictures }) {
    OWN.delete(pictures);
  },
};

function placeOf(pictures: readonly Picture[], step: number | null): number {
  return step === null ? -1 : pictures.findLastIndex((picture) => (picture.step ?? null) === step);
}
