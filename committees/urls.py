from django.urls import path

from committees import views

urlpatterns = [
    path("members/", views.MemberListView.as_view(), name="member-list"),
    path("members/<uuid:uid>/", views.MemberDetailView.as_view(), name="member-detail"),
    path("members/<uuid:uid>/edit/", views.MemberUpdateView.as_view(), name="member-edit"),
    path("members/appointments/<int:pk>/edit/", views.AppointmentUpdateView.as_view(), name="appointment-edit"),
    path("members/tenures/<int:pk>/end/", views.MemberEndView.as_view(), name="member-end"),
    path("orgs/<int:pk>/members/add/", views.MemberCreateView.as_view(), name="member-add"),
]
