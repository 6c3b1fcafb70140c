"""The score of leads and contacts: rules that give points, what they count, and how the sum is kept (CRM-19)."""

SCORED = ("crm.lead", "crm.contact")
