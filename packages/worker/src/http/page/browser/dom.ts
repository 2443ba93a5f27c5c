// Puts texts, marks and elements into the document, and touches it only where something changed. Values go in as text, never as
// markup.

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no #${id}.`);
  return found;
}

export function put(place: Element, text: string): void {
  if (place.textContent !== text) place.textContent = text;
}

export function mark(place: Element, name: string, value: string): void {
  if (place.getAttribute(name) !== value) place.setAttribute(name, value);
}

export function show(place: HTMLElement, isShown: boolean): void {
  if (place.hidden === isShown) place.hidden = !isShown;
}

export function make<Name extends keyof HTMLElementTagNameMap>(name: Name, className = '', text = ''): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (className !== '') made.className = className;
  if (text !== '') made.textContent = text;
  return made;
}

/** As many children as there are items, each made once and filled again. */
export function fill<Item, Made extends Element>(
  parent: Element,
  items: readonly Item[],
  create: () => Made,
  update: (child: Made, item: Item, index: number) => void,
): void {
  while (parent.childElementCount > items.length) parent.lastElementChild?.remove();
  items.forEach((item, index) => {
    const there = parent.children[index] ?? parent.appendChild(create());
    update(there as Made, item, index);
  });
}
