import { describe, expect, test } from "vitest";
import { add, away, count, dayOf, level, moment, negative, percentOf, price, signedUsd, sized, usd } from "./figures";

describe("amounts", () => {
  test("are added exactly where floats are not", () => {
    expect(add("0.1", "0.2")).toBe("0.3");
    expect(add("150.055", "-0.1")).toBe("149.955");
    expect(add("0.000021927", "-1")).toBe("-0.999978073");
  });
  test("a percentage is exact", () => expect(percentOf("149.942", "10")).toBe("14.9942"));
  test("what is no decimal is no number", () => expect(add("1e3", "1")).toBeNull());
  test("are negated without becoming a number", () => expect(negative("-0.10")).toBe("0.10"));
  test("keep every digit of a small price", () => expect(price("0.000021927")).toBe("$0.000021927"));
  test("a live price keeps its market's decimals", () => expect(["150.27", "150.2652"].map((one) => price(one, "0.0001"))).toEqual(["$150.2700", "$150.2652"]));
  test("a computed line has eight digits that count, and cents at least", () => {
    expect(["161.908956", "134.90721", "0.00002192745678", "123456.789012", "120000"].map(level)).toEqual(["$161.90896", "$134.90721", "$0.000021927457", "$123,456.79", "$120,000.00"]);
  });
  test("show a loss with its sign", () => expect(signedUsd("-0.0366")).toBe("−$0.04"));
  test("of a coin are told with it, and without the sign that the side says", () => expect(sized("-0.01", "BTC-PERP")).toBe("0.01 BTC"));
  test("far away is told without its parts", () => expect([5.678, 971.4].map(away)).toEqual(["5.68 %", "971 %"]));
  test("many are grouped", () => expect(count(10_000)).toBe("10,000"));
  test("larger than floats can count are shown as they are", () => expect(usd("12345678901234567890.12")).toBe("$12,345,678,901,234,567,890.12"));
});

test("times are told in the owner's zone, with the day where it is not today", () => {
  const now = new Date("2026-11-27T08:00:00Z");
  expect(moment("2026-11-27T07:59:16Z", "Asia/Tokyo", now)).toBe("16:59:16");
  expect(moment("2026-11-26T07:59:16Z", "UTC", now)).toBe("26 Nov, 07:59");
});

test("a day is the one in the owner's zone, named as the API names it", () => {
  expect(dayOf(new Date("2026-11-27T23:30:00Z"), "Europe/Berlin")).toBe("2026-11-28");
  expect(dayOf(new Date("2026-11-27T23:30:00Z"), "UTC")).toBe("2026-11-27");
});
