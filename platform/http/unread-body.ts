/** A body that its route reads piece by piece: not checked against the schema as a whole. */
export class UnreadBody {}
