from django import template

from federation.shared.reveal import link_context

register = template.Library()


@register.inclusion_tag("ui/sealed.html", takes_context=True)
def sealed(context, row, field):
    """The masked value of `row.field` and, for who may, the link to the page that shows it in full."""
    return link_context(context["request"], row, field)
