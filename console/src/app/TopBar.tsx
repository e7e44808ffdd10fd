import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Link, useRouter } from "../bindings/router";
import { listProjects } from "../core/api";
import { words } from "../core/bidi";
import { lastDomain, rememberDomain, type ProjectDomain } from "../core/lastDomain";
import { executionsPath } from "../core/routes";
import type { Project } from "../protocol/flyte";
import { Icon } from "../ui/icons";
import { ThemeButton } from "./ThemeButton";

export function TopBar() {
  const { route } = useRouter();
  const shown = "project" in route ? route : lastDomain(window.localStorage);
  const { project, domain } = shown;
  useEffect(() => {
    if (route.page === "execution" || route.page === "executions") rememberDomain({ project, domain }, window.localStorage);
  }, [route.page, project, domain]);
  return (
    <nav className="top-bar" aria-label="Main">
      <Link className="brand" href="/console/" aria-label="livedeck">
        <Logo />
        <span>livedeck</span>
      </Link>
      <DomainSelect shown={shown} />
      {route.page === "execution" && (
        <>
          <Icon name="chevron" size={14} className="crumb" />
          <Link className="crumb-link" href={executionsPath(shown)}>
            Executions
          </Link>
        </>
      )}
      <div className="top-bar-end">
        <ThemeButton />
      </div>
    </nav>
  );
}

function DomainSelect({ shown }: { readonly shown: ProjectDomain }) {
  const { go } = useRouter();
  const projects = useQuery({ queryKey: ["projects"], queryFn: ({ signal }) => listProjects(signal), staleTime: 60_000 });
  const domains = domainsOf(projects.data?.projects ?? [], shown);
  return (
    <select
      className="top-bar-select"
      aria-label="Project and domain"
      value={domains.findIndex((one) => isSame(one, shown))}
      onChange={(event) => {
        const chosen = domains[Number(event.target.value)];
        if (chosen) go(executionsPath(chosen));
      }}
    >
      {domains.map(({ project, domain }, index) => (
        <option key={`${project}/${domain}`} value={index}>
          {words`${project} / ${domain}`}
        </option>
      ))}
    </select>
  );
}

/** Every domain of every project, and in any case the one that is shown. */
function domainsOf(projects: readonly Project[], shown: ProjectDomain): ProjectDomain[] {
  const known = projects.flatMap(({ id, domains = [] }) => domains.map((domain) => ({ project: id, domain: domain.id })));
  if (known.some((one) => isSame(one, shown))) return known;
  return [{ project: shown.project, domain: shown.domain }, ...known];
}

function isSame(one: ProjectDomain, other: ProjectDomain): boolean {
  return one.project === other.project && one.domain === other.domain;
}

function Logo() {
  return (
    <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
      <rect x="1" y="1" width="20" height="20" rx="6" fill="var(--ld-accent)" />
      <path
        d="M5 13.5 8.5 9l3 3L17 6.5"
        fill="none"
        stroke="var(--on-accent)"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="17" cy="6.5" r="2" fill="var(--on-accent)" />
    </svg>
  );
}
