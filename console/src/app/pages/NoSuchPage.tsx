import { Link } from "../../bindings/router";
import { Empty } from "../../ui/Empty";

export default function NoSuchPage() {
  return (
    <Empty page icon="search" title="There is no such page">
      <Link className="text-link" href="/console/">
        To the executions
      </Link>
    </Empty>
  );
}
