/** A value as it was when it began to be held: what somebody is about to click stays where it is. */
import { useState } from "react";

export function useHeld<Value>(value: Value, held: boolean): Value {
  const [kept, setKept] = useState(value);
  if (!held && kept !== value) setKept(value);
  return held ? kept : value;
}
