/** A tool as it is offered to the model. */
export type Tool = {
  name: string;
  description: string;
  parameters: Record<string, string>;
  required: string[];
};

const tool = (
  name: string,
  description: string,
  parameters: Record<string, string>,
  required: string[],
): Tool => ({ name, description, parameters, required });

/** The tools of the invented office assistant. Types are written short: `date`, `time`, `number` … */
export const TOOLS: Tool[] = [
  tool(
    'create_event',
    'Adds an appointment to the calendar.',
    { title: 'text', start: 'time', minutes: 'number', attendees: 'texts', room: 'text' },
    ['title', 'start', 'minutes'],
  ),
  tool(
    'find_events',
    'Lists appointments between two days.',
    { from: 'date', to: 'date', attendee: 'text' },
    ['from', 'to'],
  ),
  tool('move_event', 'Gives an appointment another start.', { title: 'text', start: 'time' }, [
    'title',
    'start',
  ]),
  tool(
    'send_email',
    'Writes and sends a mail.',
    { to: 'texts', cc: 'texts', subject: 'text', about: 'text' },
    ['to', 'about'],
  ),
  tool(
    'search_mail',
    'Searches the mailbox.',
    { from: 'text', query: 'text', since: 'date', has_attachment: 'boolean', unread: 'boolean' },
    [],
  ),
  tool(
    'look_up_contact',
    'Reads one field of a contact.',
    { name: 'text', field: 'phone|email|address|birthday' },
    ['name', 'field'],
  ),
  tool(
    'create_issue',
    'Opens an issue in the tracker.',
    {
      project: 'text',
      title: 'text',
      kind: 'bug|feature|task',
      severity: 'low|medium|high|critical',
      assignee: 'text',
    },
    ['project', 'title', 'kind'],
  ),
  tool(
    'update_issue',
    'Changes an issue.',
    {
      id: 'text',
      state: 'open|closed',
      assignee: 'text',
      severity: 'low|medium|high|critical',
      comment: 'text',
    },
    ['id'],
  ),
  tool(
    'query_orders',
    'Looks at the orders of customers.',
    {
      customer: 'text',
      order: 'text',
      state: 'open|late|done',
      since: 'date',
      min_total: 'number',
      count_only: 'boolean',
    },
    [],
  ),
  tool(
    'check_stock',
    'How many of a part are in stock.',
    { part: 'text', warehouse: 'Ghent|Jena|Aarhus', at_least: 'number' },
    ['part'],
  ),
  tool(
    'reserve_stock',
    'Sets parts aside for an order.',
    {
      part: 'text',
      quantity: 'number',
      warehouse: 'Ghent|Jena|Aarhus',
      order: 'text',
      until: 'date',
    },
    ['part', 'quantity', 'order'],
  ),
  tool(
    'convert_currency',
    'Converts an amount.',
    { amount: 'number', from: 'currency', to: 'currency', date: 'date' },
    ['amount', 'from', 'to'],
  ),
  tool(
    'find_route',
    'A way between two places.',
    { from: 'text', to: 'text', mode: 'car|train|bicycle', depart: 'time', arrive: 'time' },
    ['from', 'to', 'mode'],
  ),
  tool(
    'get_weather',
    'The forecast for a place and day.',
    { place: 'text', date: 'date', hourly: 'boolean' },
    ['place', 'date'],
  ),
  tool('set_reminder', 'Reminds at a time.', { at: 'time', text: 'text' }, ['at', 'text']),
  tool(
    'search_files',
    'Searches the shared drive.',
    {
      query: 'text',
      kind: 'pdf|slides|spreadsheet',
      owner: 'text',
      since: 'date',
      newest: 'boolean',
    },
    ['query'],
  ),
  tool(
    'set_room_temperature',
    'Sets the heating of a room.',
    { room: 'text', celsius: 'number', from: 'time' },
    ['room', 'celsius'],
  ),
  tool(
    'log_hours',
    'Books working time.',
    { project: 'text', hours: 'number', date: 'date', issue: 'text', note: 'text' },
    ['project', 'hours', 'date'],
  ),
  tool(
    'translate_text',
    'Translates a text.',
    { text: 'text', to: 'language', formal: 'boolean' },
    ['text', 'to'],
  ),
];

/** A tool by its name. */
export function findTool(name: string): Tool {
  const found = TOOLS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no tool ${name}`);
  return found;
}
