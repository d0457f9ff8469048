export interface DemoDocument {
  title: string;
  text: string;
}

/** The subjects of each client's texts; the application finds its concepts among these words. */
const subjects: Record<'pharma' | 'sap', readonly string[]> = {
  pharma: [
    'placebo, dosage and efficacy',
    'toxicity, biomarker and pharmacokinetics',
    'oncology, immunotherapy and remission',
    'vaccine, antibody and immunity',
    'randomisation, blinding and statistics',
    'insulin, glucose and metabolism',
    'enzyme, inhibitor and receptor',
    'consent, ethics and recruitment',
    'sterility, packaging and stability',
    'genome, mutation and sequencing',
  ],
  sap: [
    'invoice, ledger and reconciliation',
    'inventory, warehouse and replenishment',
    'payroll, contract and overtime',
    'supplier, tender and delivery',
    'forecast, budget and variance',
    'customs, tariff and shipment',
    'maintenance, machine and downtime',
    'audit, compliance and approval',
    'pricing, discount and margin',
    'batch, recipe and traceability',
  ],
};

const openings = ['A first report on', 'Later findings about'] as const;

/** Twenty documents of a client. Always the same, so that a second story adds nothing. */
export function documentsOf(client: 'pharma' | 'sap'): DemoDocument[] {
  return openings.flatMap((opening, round) =>
    subjects[client].map((words, index) => ({
      title: `${opening} ${words}`,
      text: textAbout(words.split(/, | and /), subjects[client][(index + round + 1) % subjects[client].length] ?? ''),
    })),
  );
}

function textAbout(terms: readonly string[], neighbours: string): string {
  const [first, second, third] = terms;
  return [
    `The team looked at ${first} together with ${second}, since ${third} depends on both.`,
    `Where ${first} was high, ${second} followed, and ${third} had to be measured again.`,
    `Related work covers ${neighbours}.`,
    `The next step is a trial of ${first} with a smaller ${third}.`,
  ].join(' ');
}
