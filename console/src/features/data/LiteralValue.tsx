import type { Shown } from "../../core/literals";
import { formatNumber } from "../../core/numerals";

const MANY = 50;

export function LiteralValue({ shown }: { readonly shown: Shown }) {
  switch (shown.form) {
    case "text":
      return <span className="value-text">{shown.text === "" ? <em>empty</em> : shown.text}</span>;
    case "code":
      return <code className="value-code">{shown.text}</code>;
    case "uri":
      return <code className="value-uri">{shown.uri}</code>;
    case "json":
      return <pre className="value-json">{JSON.stringify(shown.value, null, 2)}</pre>;
    case "list":
      return <ListValue items={shown.items} />;
    case "map":
      return (
        <dl className="value-map">
          {shown.entries.map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>
                <LiteralValue shown={value} />
              </dd>
            </div>
          ))}
        </dl>
      );
  }
}

function ListValue({ items }: { readonly items: readonly Shown[] }) {
  if (items.length === 0) return <em className="value-text">empty</em>;
  if (items.every((item) => item.form === "code")) {
    const some = items.slice(0, MANY).map((item) => item.text);
    return <code className="value-code">{`[${some.join(", ")}${items.length > MANY ? ", …" : ""}]`}</code>;
  }
  return (
    <ol className="value-list" start={0}>
      {items.slice(0, MANY).map((item, index) => (
        <li key={index}>
          <LiteralValue shown={item} />
        </li>
      ))}
      {items.length > MANY && <li className="value-more">and {formatNumber(items.length - MANY)} more</li>}
    </ol>
  );
}
